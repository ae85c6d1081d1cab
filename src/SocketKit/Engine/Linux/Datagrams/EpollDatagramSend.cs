using System.Runtime.Versioning;
using SocketKit.Engine.Datagrams;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Datagrams;

/// <summary>
/// One send that found a full queue. The loop tries it again when the socket has room, and after short pauses: no event tells when the
/// queue of a Unix peer has room to which the socket is not connected. A datagram is sent whole or not at all, so an interruption loses
/// nothing. Any number of sends may wait, so they are not operations of the descriptor's word.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollDatagramSend(EpollDescriptor descriptor, EpollDatagram channel) : DeadlineNode, ILoopWork
{
    private readonly Lock _lock = new();
    private WaitingDatagrams _waiting;
    private Deadline _deadline;

    /// <summary>The time of the next attempt without an event. The clock reads it while another thread may write it.</summary>
    private Deadline _next = Deadline.Infinite;
    private int _pause;
    private bool _isPending;
    private CancellationTokenRegistration _registration;

    /// <inheritdoc/>
    public override Deadline Deadline => _next;

    /// <inheritdoc/>
    public ref Pace Pace => ref descriptor.Pace;

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
        _isPending = true;
        _next = NextAttempt();
        if (!channel.TryBeginPending(this, out IoResult refusal))
        {
            // Nobody else has seen it.
            _isPending = false;
            _waiting = default;
            Recycle();
            return new(waiting.Ended(refusal));
        }

        // Not under a lock, because a token that has fired calls back at once. GetResult ends the registration, and cannot come before
        // the return.
        _registration = cancellationToken.UnsafeRegister(
            static state => ((EpollDatagramSend)state!).Interrupt(ChannelStatus.Canceled), this);
        Interlocked.MemoryBarrier();
        descriptor.Watch(this);
        return pending;
    }

    /// <summary>Ends the send before its next attempt. Called by any thread.</summary>
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

        Finish(IoResult.Ended(status));
        descriptor.Post(this);
    }

    /// <summary>Called on the loop: the socket has room.</summary>
    public void OnRoom() => TryAgain(isTime: false);

    /// <inheritdoc/>
    public override void OnDeadline()
    {
        if (_next.HasPassed)
        {
            TryAgain(isTime: true);
        }
    }

    /// <summary>Runs the caller's continuation.</summary>
    public void Execute() => Complete();

    protected override void Recycle()
    {
        _registration.Dispose();
        _registration = default;
        channel.Recycle(this);
    }

    private void TryAgain(bool isTime)
    {
        IoResult outcome;
        lock (_lock)
        {
            if (!_isPending)
            {
                return;
            }

            outcome = Attempt();
            if (!_isPending)
            {
                // The caller's memory has closed the socket, on this thread.
                return;
            }

            if (outcome.Status == ChannelStatus.WouldBlock)
            {
                if (!_deadline.HasPassed)
                {
                    _pause = isTime ? SendPause.After(_pause) : _pause;
                    _next = NextAttempt();
                    return;
                }

                outcome = IoResult.Ended(ChannelStatus.DeadlinePassed);
            }

            _isPending = false;
        }

        Finish(outcome);
        descriptor.Queue(this);
    }

    private IoResult Attempt()
    {
        try
        {
            return _waiting.Attempt(channel);
        }
        catch (Exception exception)
        {
            // The caller's memory threw. The exception goes to the caller, and must not end the loop's thread.
            NoteThrown(exception);
            return IoResult.Ended(ChannelStatus.Failed);
        }
    }

    private Deadline NextAttempt()
    {
        var next = Deadline.After(TimeSpan.FromMilliseconds(_pause));
        return next.IsBefore(_deadline) ? next : _deadline;
    }

    private void Finish(IoResult outcome)
    {
        _next = Deadline.Infinite;
        WaitingDatagrams ended = _waiting;
        _waiting = default;
        ended.Leave();
        channel.EndPending(this);
        Note(ended.Ended(outcome));
    }
}
