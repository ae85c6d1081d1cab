using System.Diagnostics.CodeAnalysis;
using SocketKit.Engine.Datagrams;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

/// <summary>
/// One send that found a full queue: it tries again after short pauses. No readiness event tells when a Unix peer's queue has room, and a
/// network device empties its queue within milliseconds. A datagram is sent whole or not at all, so an interruption loses nothing.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The timer is stopped whenever the operation is idle.")]
internal sealed class DatagramSend : IoTaskSource
{
    private readonly PortableDatagram _channel;
    private readonly Timer _timer;
    private readonly Lock _lock = new();
    private WaitingDatagrams _waiting;
    private Deadline _deadline;
    private int _pause;
    private bool _isPending;
    private CancellationTokenRegistration _registration;

    public DatagramSend(PortableDatagram channel)
    {
        _channel = channel;
        _timer = UnflowedTimer.Create(static state => ((DatagramSend)state!).TryAgain(), this);
    }

    /// <param name="waiting">What it sends.</param>
    /// <param name="timeout">How long it waits.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public IoTask Start(WaitingDatagrams waiting, TimeSpan timeout, CancellationToken cancellationToken)
    {
        IoTask pending = Task;
        _waiting = waiting;

        // Async calls have no non-blocking mode: zero means no deadline.
        _deadline = timeout == TimeSpan.Zero ? Deadline.Infinite : Deadline.After(timeout);
        _pause = SendPause.FirstMilliseconds;
        _channel.BeginPending(this);
        lock (_lock)
        {
            _isPending = true;
            _timer.Change(_pause, Timeout.Infinite);
        }

        // Not under the lock, because a token that has fired calls back at once. GetResult ends the registration, and cannot come before
        // the return.
        _registration = cancellationToken.UnsafeRegister(static state => ((DatagramSend)state!).Interrupt(ChannelStatus.Canceled), this);
        return pending;
    }

    /// <summary>Ends the operation before its next attempt.</summary>
    public void Interrupt(ChannelStatus status)
    {
        lock (_lock)
        {
            if (!_isPending)
            {
                return;
            }

            _isPending = false;
        }

        // The continuation runs on the pool, because it must not run inside a Cancel or a Dispose.
        Finish(IoResult.Ended(status), asynchronously: true);
    }

    protected override void Recycle()
    {
        _registration.Dispose();
        _registration = default;
        _channel.Recycle(this);
    }

    private void TryAgain()
    {
        IoResult outcome;
        lock (_lock)
        {
            if (!_isPending)
            {
                return;
            }

            outcome = Attempt();
            if (outcome.Status == ChannelStatus.WouldBlock)
            {
                if (!_deadline.HasPassed)
                {
                    _pause = SendPause.After(_pause);
                    _timer.Change(_pause, Timeout.Infinite);
                    return;
                }

                outcome = IoResult.Ended(ChannelStatus.DeadlinePassed);
            }

            _isPending = false;
        }

        Finish(outcome, asynchronously: false);
    }

    private IoResult Attempt()
    {
        try
        {
            return _waiting.Attempt(_channel);
        }
        catch (Exception exception)
        {
            // The caller's memory threw. The exception goes to the caller; on a pool thread it would end the process.
            NoteThrown(exception);
            return IoResult.Ended(ChannelStatus.Failed);
        }
    }

    private void Finish(IoResult outcome, bool asynchronously)
    {
        _timer.Change(Timeout.Infinite, Timeout.Infinite);
        WaitingDatagrams ended = _waiting;
        _waiting = default;
        ended.Leave();
        _channel.EndPending(this);
        Complete(ended.Ended(outcome), asynchronously);
    }
}
