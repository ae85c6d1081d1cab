using SocketKit.Engine;

namespace SocketKit.Sockets.Messages;

/// <summary>
/// Each call has its own outcome. The one that was cut fails as a cut send does, and nothing can follow it; those behind it were not begun.
/// </summary>
internal sealed partial class MessageSender
{
    /// <summary>A send did not succeed. The caller holds the gate.</summary>
    private void Fail(IoResult outcome, out bool aborts)
    {
        OutgoingMessage? first = _position < _runEnd ? null : _staged.First;
        long sent = first is null ? 0 : _position - first.Start;
        if (first is not null)
        {
            _staged.Remove(first);
            End(first, FaultOf(outcome, sent, first.Token));
        }

        bool isOver = outcome.Status is not (ChannelStatus.DeadlinePassed or ChannelStatus.Canceled);
        aborts = sent > 0 && outcome.Status == ChannelStatus.Canceled;
        _isAbandoned |= aborts && !_connection.Channel.IsClosed;
        if (isOver || sent > 0)
        {
            _hasLost |= sent > 0 || _copiedBytes > 0 || _waiters > 0;

            // After a message that was cut by its deadline nothing can follow. One that was cut by its token ends the connection.
            _end = isOver ? outcome
                : IoResult.Ended(outcome.Status == ChannelStatus.Canceled ? ChannelStatus.Closed : ChannelStatus.NotBegun);
            EndQueue(_end, keepsCopied: false);
        }
        else if (first is not null)
        {
            // Nothing of it went, so the next one may.
            _sending.Truncate(0);
        }
        else
        {
            Pause(outcome);
        }

        _current = null;
    }

    /// <summary>Copied bytes stay, and the calls behind them have waited in vain. Without one, the next call throws.</summary>
    private void Pause(IoResult outcome)
    {
        _isPaused = true;
        if (_waiters == 0)
        {
            _fault = FaultOf(outcome);
        }

        EndQueue(outcome, keepsCopied: true);
    }

    /// <summary>Ends all calls that wait.</summary>
    private void EndQueue(IoResult outcome, bool keepsCopied)
    {
        while (_staged.First is { } staged)
        {
            _staged.Remove(staged);
            End(staged, FaultOf(Untouched(outcome)));
        }

        OutgoingMessage? next = _queue.First;
        while (next is { } call)
        {
            next = call.Next;
            if (call.Kind != OutgoingKind.Copied)
            {
                _queue.Remove(call);
                End(call, FaultOf(Untouched(outcome)));
            }
            else if (!keepsCopied)
            {
                _queue.Remove(call);
                Recycle(call);
            }
        }

        _waiters = 0;
        _waitingBytes = 0;
        if (!keepsCopied)
        {
            _sending.Truncate(0);
            _copiedBytes = 0;
            _runEnd = _position;
        }
    }

    /// <summary>The outcome of a message of which nothing was sent.</summary>
    private static IoResult Untouched(IoResult outcome) => new(0, outcome.Status, outcome.Error);
}
