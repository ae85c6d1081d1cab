using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

/// <summary>
/// One pending receive: the reusable source behind its ValueTask, its deadline and its token. The thread that moves the word out of
/// Armed, for an event, the clock, the token or the close, ends it. The version in the word keeps late callbacks away from the next
/// receive.
/// </summary>
internal abstract class ReceiveOperation : IoTaskSource
{
    // The word: version << 8 | interruption << 2 | state. The interruption is a ChannelStatus that stays until the operation ends.
    private const long StateMask = 3;
    private const long Idle = 0;
    private const long Armed = 1;
    private const long Running = 2;
    private const int InterruptionShift = 2;
    private const long InterruptionMask = 0x3F << InterruptionShift;
    private const int VersionShift = 8;

    private readonly IZeroByteOwner _owner;
    private long _word;
    private Deadline _deadline = Deadline.Infinite;
    private Timer? _timer;
    private CancellationTokenRegistration _registration;
    private volatile ServiceSignal _signal;

    protected ReceiveOperation(IZeroByteOwner owner) => _owner = owner;

    protected IoTask Start(TimeSpan timeout, CancellationToken cancellationToken)
    {
        // Async calls have no non-blocking mode: zero means no deadline.
        _deadline = timeout == TimeSpan.Zero ? Deadline.Infinite : Deadline.After(timeout);
        IoTask pending = Task;
        _signal = _owner.SignalOf(cancellationToken);

        // The state is Running until the setup is complete, so that no thread ends the operation while its registration is being made.
        long running = (_word & ~(StateMask | InterruptionMask)) | Running;
        Interlocked.Exchange(ref _word, running);
        if (!_deadline.IsInfinite)
        {
            StartTimer();
        }

        if (cancellationToken.CanBeCanceled && _signal == ServiceSignal.None)
        {
            _registration = cancellationToken.UnsafeRegister(
                static state => ((ReceiveOperation)state!).Interrupt(ChannelStatus.Canceled), this);
        }

        BeginPending();
        if (_owner.IsClosing)
        {
            Interrupt(ChannelStatus.Closed);
        }
        else if (_signal != ServiceSignal.None && cancellationToken.IsCancellationRequested)
        {
            // The service may have cancelled its operations before this one was visible.
            Interrupt(ChannelStatus.Canceled);
        }

        if (!TryArm(running))
        {
            // The deadline may have passed while this thread was delayed: data that is there counts more.
            ChannelStatus status = InterruptionOf(Volatile.Read(ref _word));
            bool isReceived = TryAttemptOnce(out IoResult outcome);
            Finish(isReceived ? outcome : Ended(status), asynchronously: false);
        }
        else if (!_owner.StartReadableWait())
        {
            _owner.NoteQueued();
            OnReadable();
        }

        return pending;
    }

    /// <summary>Data, an end or an error is there, unless another call has taken it already.</summary>
    public void OnReadable()
    {
        while (TryClaim(out long claimed))
        {
            if (TryAttemptOnce(out IoResult outcome))
            {
                Finish(outcome, asynchronously: false);
                return;
            }

            if (!TryArm(claimed))
            {
                Finish(Ended(InterruptionOf(Volatile.Read(ref _word))), asynchronously: false);
                return;
            }

            if (_owner.StartReadableWait())
            {
                return;
            }
        }
    }

    /// <summary>Ends the wait, unless an attempt is being made at this moment and succeeds.</summary>
    public void Interrupt(ChannelStatus status) => Interrupt(status, only: ServiceSignal.None);

    /// <summary>A token of the service has fired: ends the wait if it began with that token.</summary>
    public void CancelServed(ServiceSignal signal) => Interrupt(ChannelStatus.Canceled, only: signal);

    /// <summary>One receive without waiting; false if nothing is there.</summary>
    protected abstract bool TryAttempt(out IoResult outcome);

    protected abstract IoResult Ended(ChannelStatus status);

    /// <summary>Registers the operation with the channel, which from now on reports data and its own close to it.</summary>
    protected abstract void BeginPending();

    /// <summary>Drops the caller's buffer, and lets the next receive begin.</summary>
    protected abstract void EndPending();

    private static ChannelStatus InterruptionOf(long word) => (ChannelStatus)((word & InterruptionMask) >> InterruptionShift);

    private void Interrupt(ChannelStatus status, ServiceSignal only)
    {
        long word = Volatile.Read(ref _word);
        while (true)
        {
            bool isDue = status != ChannelStatus.DeadlinePassed || _deadline.HasPassed;
            bool isMeant = only == ServiceSignal.None || only == _signal;
            if ((word & StateMask) == Idle || (word & InterruptionMask) != 0 || !isDue || !isMeant)
            {
                return;
            }

            bool wins = (word & StateMask) == Armed;
            long next = wins
                ? (word & ~StateMask) | Running
                : word | ((long)status << InterruptionShift);
            long seen = Interlocked.CompareExchange(ref _word, next, word);
            if (seen == word)
            {
                if (wins)
                {
                    // On a busy pool the timer may run before the event: data that is there counts more than the deadline.
                    IoResult outcome = default;
                    bool isReceived = status == ChannelStatus.DeadlinePassed && TryAttemptOnce(out outcome);

                    // The continuation runs on the pool, because it must not run inside a Cancel, a Dispose or a timer.
                    Finish(isReceived ? outcome : Ended(status), asynchronously: true);
                }

                return;
            }

            word = seen;
        }
    }

    /// <summary>Like <see cref="TryAttempt"/>; an exception of the caller's memory ends the operation.</summary>
    private bool TryAttemptOnce(out IoResult outcome)
    {
        try
        {
            return TryAttempt(out outcome);
        }
        catch (Exception exception)
        {
            // The exception goes to the caller; on a pool thread it would end the process.
            NoteThrown(exception);
            outcome = Ended(ChannelStatus.Failed);
            return true;
        }
    }

    private bool TryClaim(out long claimed)
    {
        long word = Volatile.Read(ref _word);
        while ((word & StateMask) == Armed)
        {
            claimed = (word & ~StateMask) | Running;
            long seen = Interlocked.CompareExchange(ref _word, claimed, word);
            if (seen == word)
            {
                return true;
            }

            word = seen;
        }

        claimed = 0;
        return false;
    }

    /// <summary>From Running to Armed, unless an interruption came meanwhile.</summary>
    private bool TryArm(long running) =>
        Interlocked.CompareExchange(ref _word, (running & ~StateMask) | Armed, running) == running;

    /// <summary>Only the thread that holds the Running state comes here.</summary>
    private void Finish(IoResult outcome, bool asynchronously)
    {
        // Waits for a token callback that runs at this moment. The callback never runs user code.
        _registration.Dispose();
        _registration = default;
        if (!_deadline.IsInfinite)
        {
            _timer!.Change(Timeout.Infinite, Timeout.Infinite);
            _deadline = Deadline.Infinite;
        }

        long word = Volatile.Read(ref _word);
        Interlocked.Exchange(ref _word, ((word >> VersionShift) + 1) << VersionShift);
        EndPending();
        Complete(outcome, asynchronously);
    }

    private void StartTimer()
    {
        if (_timer is null)
        {
            _timer = UnflowedTimer.Create(static state => ((ReceiveOperation)state!).OnTimer(), this);
        }

        _timer.Change(_deadline.NextWaitMilliseconds(), Timeout.Infinite);
    }

    private void OnTimer()
    {
        Deadline deadline = _deadline;
        if (deadline.IsInfinite)
        {
            return;
        }

        if (deadline.HasPassed)
        {
            Interrupt(ChannelStatus.DeadlinePassed);
        }
        else
        {
            // A long deadline is waited for in chunks, and the timer's clock is coarser than the deadline's.
            _timer!.Change(Math.Max(1, deadline.NextWaitMilliseconds()), Timeout.Infinite);
        }
    }
}
