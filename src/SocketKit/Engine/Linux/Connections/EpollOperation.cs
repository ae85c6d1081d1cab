using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>
/// One pending receive or send: the reusable source behind its ValueTask. It waits in the descriptor's state word. The thread that claims
/// it there, for an event, the clock, the token or the close, attempts again or ends it. The caller's continuation runs where the owner
/// sends it.
/// </summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
internal abstract class EpollOperation<TStep>(IOperationOwner<TStep> owner, Direction direction)
    : DeadlineNode, ILoopWork, IDeferredAttempt
    where TStep : struct, IStep
{
    private CancellationTokenRegistration _registration;
    private Deadline _deadline = Deadline.Infinite;
    private ServiceSignal _signal;
    private bool _isFree;

    public Direction Direction => direction;

    /// <inheritdoc/>
    public ref Pace Pace => ref owner.Pace;

    /// <summary>
    /// When the operation has to end. The clock reads it again after its claim, because the claimed operation may be the next one.
    /// </summary>
    public override Deadline Deadline => _deadline;

    /// <summary>An event came, and the calling thread has claimed the operation.</summary>
    public void OnReady() => TryEnd();

    /// <summary>
    /// Called on the loop by the thread that has claimed the operation: attempts it, and arms it again if it would have to wait. True: it
    /// has ended, and its continuation is queued.
    /// </summary>
    public bool TryEnd()
    {
        if (TryAttemptOnce(out IoResult outcome) || !TryArm(out outcome))
        {
            Finish(outcome);
            owner.Queue(this);
            return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public override void OnDeadline()
    {
        if (!_deadline.HasPassed || !owner.Word.Claim(direction))
        {
            return;
        }

        if (!_deadline.HasPassed)
        {
            // This operation has ended, and the next one, mostly on another object, was armed in between. It continues to wait.
            owner.Published(direction).OnReady();
            return;
        }

        // Data that is there counts more than the deadline, because this thread may just have been late.
        Finish(TryAttemptOnce(out IoResult outcome) ? outcome : Ended(ChannelStatus.DeadlinePassed));
        owner.Queue(this);
    }

    /// <summary>The close, the token or the service's signal has claimed the operation.</summary>
    public void OnEnded(ChannelStatus status)
    {
        Finish(Ended(status));
        owner.Post(this);
    }

    /// <summary>
    /// Called by the thread that may begin the next operation of this direction. False: the last result has not been taken yet.
    /// </summary>
    public bool TryRent()
    {
        if (!Volatile.Read(ref _isFree))
        {
            return false;
        }

        _isFree = false;
        return true;
    }

    /// <summary>Runs the caller's continuation.</summary>
    public void Execute() => Complete();

    /// <summary>Waits for an event. Busy is set, and an attempt has found nothing. Ends at once if an edge came in between.</summary>
    /// <param name="deadline">When it has to end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="isDeferred">The attempt may succeed, but other connections come first: the loop makes it on its next turn.</param>
    protected IoTask Start(Deadline deadline, CancellationToken cancellationToken, bool isDeferred = false)
    {
        IoTask pending = Task;
        _deadline = deadline;
        owner.Publish(this);
        _signal = owner.SignalOf(cancellationToken);
        if (cancellationToken.CanBeCanceled && _signal == ServiceSignal.None)
        {
            _registration = cancellationToken.UnsafeRegister(static state => ((EpollOperation<TStep>)state!).OnCanceled(), this);
        }

        if (isDeferred)
        {
            owner.Defer(this);
        }
        else if (!TryArm(out IoResult outcome))
        {
            Finish(outcome);
            Execute();
            return pending;
        }

        if (!deadline.IsInfinite)
        {
            owner.Watch(this);
        }

        return pending;
    }

    /// <summary>Like <see cref="TryAttempt"/>; an exception of the caller's memory ends the operation.</summary>
    protected bool TryAttemptOnce(out IoResult outcome)
    {
        try
        {
            return TryAttempt(out outcome);
        }
        catch (Exception exception)
        {
            // The exception belongs to the caller's memory. It goes to the caller, and must not end the loop's thread.
            NoteThrown(exception);
            outcome = Ended(ChannelStatus.Failed);
            return true;
        }
    }

    /// <summary>Makes system calls that do not wait. False: they would have had to.</summary>
    protected abstract bool TryAttempt(out IoResult outcome);

    protected abstract IoResult Ended(ChannelStatus status);

    /// <summary>Whether another attempt may succeed without a new edge.</summary>
    protected abstract bool MayHaveMore();

    /// <summary>The operation has ended and no longer holds its direction.</summary>
    protected abstract void OnFinished(IoResult outcome);

    /// <summary>The result has been taken: drops what belongs to the caller.</summary>
    protected virtual void Forget()
    {
    }

    protected sealed override void Recycle()
    {
        Forget();
        Volatile.Write(ref _isFree, true);
    }

    /// <summary>From Busy to Armed. False: the operation has ended with this outcome.</summary>
    private bool TryArm(out IoResult outcome)
    {
        while (true)
        {
            switch (owner.Word.Arm(direction, _signal))
            {
                case ArmOutcome.Armed:
                    outcome = default;
                    return true;
                case ArmOutcome.Ready when TryAttemptOnce(out outcome):
                    return false;
                case ArmOutcome.Ready:
                    break;
                case ArmOutcome.Canceled:
                    outcome = Ended(ChannelStatus.Canceled);
                    return false;
                default:
                    outcome = Ended(ChannelStatus.Closed);
                    return false;
            }
        }
    }

    /// <summary>
    /// Busy is set. As soon as the word is free the next operation may begin on another object; this one waits for its result to be
    /// taken.
    /// </summary>
    private void Finish(IoResult outcome)
    {
        // Waits for a token callback that runs at this moment on another thread. The callback only claims and posts, so it never takes
        // long.
        _registration.Dispose();
        _registration = default;
        _deadline = Deadline.Infinite;
        Note(outcome);
        bool ready = MayHaveMore();
        if (owner.Word.End(direction, ready))
        {
            owner.CloseUnused();
        }

        OnFinished(outcome);
    }

    /// <summary>The token fired. Only claims and posts. Tests call it in place of a token.</summary>
    protected void OnCanceled()
    {
        if (owner.Word.Cancel(direction))
        {
            OnEnded(ChannelStatus.Canceled);
        }
    }
}
