using SocketKit.Engine;
using SocketKit.Errors;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

public abstract partial class StreamConnection
{
    /// <summary>How long closing waits for what is queued where the server sets no limit for stalled sends.</summary>
    private static readonly TimeSpan s_closingLimit = TimeSpan.FromSeconds(5);

    /// <summary>About the longest time of a timer.</summary>
    private static readonly TimeSpan s_longestLimit = TimeSpan.FromDays(30);

    private IByteOwner? _owner;

    /// <summary>The pipe or the messages that all bytes belong to; null: they belong to whoever calls.</summary>
    internal IByteOwner? Owner => _owner;

    /// <summary>The channel, for calls that would take bytes away from a pipe or from messages, or send between their bytes.</summary>
    /// <exception cref="InvalidOperationException">The bytes of this connection belong to its pipe, or to its messages.</exception>
    internal StreamChannel Direct => _owner is null ? _channel : throw BelongsToOwner();

    /// <summary>How long closing may wait for what is queued.</summary>
    internal TimeSpan ClosingLimit =>
        _channel.Service?.SendStallTimeout is not { } limit || limit == Infinite.InfiniteTimeSpan ? s_closingLimit
            : limit < s_longestLimit ? limit
            : s_longestLimit;

    /// <summary>From now on the bytes belong to this object alone.</summary>
    private void TakeOver(IByteOwner owner, string operation)
    {
        StreamChannel channel = _channel;
        if (channel.IsClosed)
        {
            throw Faults.Disposed(operation, null, this);
        }

        if (_owner is not null)
        {
            // Said before a receive under way is: that may be the owner's.
            throw BelongsToOwner();
        }

        if (channel.IsReceiving)
        {
            throw new InvalidOperationException($"{operation} on {this} is not possible: a receive is under way.");
        }

        if (channel.PollTarget is { } target && !target.Watches.TryRefuse())
        {
            throw new InvalidOperationException(
                $"{operation} on {this} is not possible: it is in a SocketPoller, which cannot see what is read ahead. Remove it first.");
        }

        if (Interlocked.CompareExchange(ref _owner, owner, null) is not null)
        {
            throw BelongsToOwner();
        }
    }

    private InvalidOperationException BelongsToOwner() => new(_owner is MessageChannel
        ? $"The bytes of {this} belong to the messages that GetMessages has returned: receive and send there."
        : $"The bytes of {this} belong to the pipe that GetPipe has returned: read and write there.");
}
