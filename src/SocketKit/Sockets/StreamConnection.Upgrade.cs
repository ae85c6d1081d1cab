using SocketKit.Engine;
using SocketKit.Engine.Polling;

namespace SocketKit;

public abstract partial class StreamConnection
{
    // The rule for changing the channel. No lock and no cost for other calls: they read the field once and use what they read.
    //   - The caller sees to it that no receive and no send is under way, and that none begins before this returns.
    //   - From now on no poller takes the connection; one that has it is in the way.
    //   - A WaitReadableAsync that waits goes on waiting on the old channel, which the new one wraps.
    //   - Options and addresses come from the old channel or from the new one, which forwards them. A Closed token that was taken before
    //     fires when the old channel ends, which the new one ends with.
    //   - Dispose and Abort may come at any time. They close the channel that they have read, and read the field again. If it has changed
    //     meanwhile, they close the new channel, too. If it changes later, ReplaceChannel finds the old one closed, and closes the new one.
    //   - A served connection: CancelServed may reach the old channel only; a call on the new one that is given the token finds it fired.
    //   - OpenConnection closes and counts the new channel from now on.

    /// <summary>Wraps this connection's channel in another one, such as TLS, and uses that from now on.</summary>
    /// <param name="wrap">Makes the new channel, which owns the old one. If it throws, the connection is unchanged.</param>
    /// <exception cref="InvalidOperationException">A receive is in progress, or another call is replacing the channel.</exception>
    internal void ReplaceChannel(Func<StreamChannel, StreamChannel> wrap)
    {
        StreamChannel wrapped = _channel;
        if (wrapped.IsReceiving)
        {
            throw new InvalidOperationException($"{this} cannot change its channel: a receive is under way.");
        }

        IPollTarget? target = wrapped.PollTarget;
        if (target is not null && !target.Watches.TryRefuse())
        {
            throw new InvalidOperationException($"{this} cannot change its channel: it is in a SocketPoller. Remove it there first.");
        }

        // Read before, because the wrapper may exchange bytes of its own through the old channel.
        (long received, long sent) = (wrapped.BytesReceived, wrapped.BytesSent);
        StreamChannel wrapper;
        try
        {
            wrapper = wrap(wrapped);
        }
        catch
        {
            // The connection is unchanged, so a poller may have it.
            target?.Watches.Allow();
            throw;
        }

        wrapper.ContinueCounts(received, sent);
        if (Interlocked.CompareExchange(ref _channel, wrapper, wrapped) != wrapped)
        {
            throw new InvalidOperationException($"{this} cannot change its channel: another call has just changed it.");
        }

        _open?.Follow(wrapper);
        if (wrapped.IsClosed)
        {
            // The thread that closed the old channel may not have seen the new one. Nothing can be sent any more.
            wrapper.Abort(wrapped.CloseReason);
        }
    }

    /// <summary>Whether the channel was replaced while it was being closed. The fence orders this read after the close.</summary>
    private bool WasReplaced(StreamChannel closed)
    {
        Interlocked.MemoryBarrier();
        return _channel != closed;
    }
}
