using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>
/// One pending receive or send: the reusable source behind its ValueTask. It waits in the connection word; whoever claims it there, an event,
/// the clock, the token or the close, attempts again or ends it. The caller's continuation runs where the loop sends it.
/// </summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
internal abstract class EpollOperation<TStep>(IOperationOwner<TStep> owner, Direction direction)
    : DeadlineNode, ILoopWork, IDeferredAttempt
    where TStep : struct, IStep
{
    private CancellationTokenRegistration _registration;
    private Deadline _deadline = Deadline.Infinite;
    private IoResult _outcome;
    private ServiceSignal _follows;
    private bool _isFree;

    public Direction Direction => direction;

    /// <inheritdoc/>
    public ref Slowness Slowness => ref owner.Slowness;

    /// <summary>By when the operation has to end. The clock reads it again after it has claimed: it may be the next operation's.</summary>
    public override Deadline Deadline => _deadline;

    /// <summary>An event: the operation was claimed and is ours.</summary>
    public void OnReady()
    {
        if (TryAttemptOnce(out IoResult outcome) || !TryArm(out outcome))
        {
            Finish(outcome);
            owner.Queue(this);
        }
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
            // This one has ended, and the next one, mostly on another object, was armed in between: it just waits on.
            owner.Published(direction).OnReady();
            return;
        }

        // What is there comes before the deadline: this thread may just have been late.
        Finish(TryAttemptOnce(out IoResult outcome) ? outcome : Ended(ChannelStatus.DeadlinePassed));
        owner.Queue(this);
    }

    /// <summary>The close, or the end of the service, has claimed the operation.</summary>
    public void OnEnded(ChannelStatus status)
    {
        Finish(Ended(status));
        owner.Post(this);
    }

    /// <summary>By whoever may begin the next operation of this direction. False: nobody has taken the last one's result yet.</summary>
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
    public void Execute()
    {
        IoResult outcome = _outcome;
        _outcome = default;
        Complete(outcome);
    }

    /// <summary>Waits for an event, with Busy set and after an attempt in vain. Ends at once if something came in between.</summary>
    /// <param name="deadline">By when it has to end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="isDeferred">Something may be there, but others come first: the loop makes the attempt when it comes round.</param>
    protected IoTask Start(Deadline deadline, CancellationToken cancellationToken, bool isDeferred = false)
    {
        IoTask pending = Task;
        _deadline = deadline;
        owner.Publish(this);
        _follows = owner.Follows(cancellationToken);
        if (cancellationToken.CanBeCanceled && _follows == ServiceSignal.None)
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

    /// <summary>As <see cref="TryAttempt"/>; what the caller's memory throws ends the operation.</summary>
    protected bool TryAttemptOnce(out IoResult outcome)
    {
        try
        {
            return TryAttempt(out outcome);
        }
        catch (Exception exception)
        {
            // Not the loop's affair, which has others to serve.
            NoteThrown(exception);
            outcome = Ended(ChannelStatus.Failed);
            return true;
        }
    }

    /// <summary>System calls that do not wait; false if nothing is there.</summary>
    protected abstract bool TryAttempt(out IoResult outcome);

    protected abstract IoResult Ended(ChannelStatus status);

    /// <summary>Whether another attempt may succeed without a new edge.</summary>
    protected abstract bool MayHaveMore();

    /// <summary>The operation has ended and no longer holds its direction.</summary>
    protected abstract void OnFinished(IoResult outcome);

    protected sealed override void Recycle() => Volatile.Write(ref _isFree, true);

    /// <summary>From Busy to waiting. False: it has ended, with this outcome.</summary>
    private bool TryArm(out IoResult outcome)
    {
        while (true)
        {
            switch (owner.Word.Arm(direction, _follows))
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

    /// <summary>With Busy set. The next operation may begin as soon as the word is free, on another object: this one waits for its result to be taken.</summary>
    private void Finish(IoResult outcome)
    {
        // Waits for a callback that runs at this moment on another thread; it only claims and posts, so it never takes long.
        _registration.Dispose();
        _registration = default;
        _deadline = Deadline.Infinite;
        _outcome = outcome;
        bool ready = MayHaveMore();
        if (owner.Word.End(direction, ready))
        {
            owner.CloseUnused();
        }

        OnFinished(outcome);
    }

    /// <summary>The token fired. Only claims and posts; also for tests, whose token is no real one.</summary>
    protected void OnCanceled()
    {
        if (owner.Word.Cancel(direction))
        {
            OnEnded(ChannelStatus.Canceled);
        }
    }
}
