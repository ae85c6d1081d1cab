using System.Runtime.ExceptionServices;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// The order of a loop's work: continuations, then one event at a time, then posts and the clock, then sleep. All of its state is in
/// fields, and is advanced before user code runs, so that another thread can continue the loop at that point.
/// </summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
internal abstract class LoopCore<TStep>
    where TStep : struct, IStep
{
    private readonly Queue<Entry> _continuations = new();
    private LoopRole<TStep> _role;
    private int _cursor;
    private int _count;
    private bool _swept;

    /// <summary>The role's word, for the monitor.</summary>
    public long Role => _role.Seen;

    /// <summary>
    /// Takes the role from the thread that has been in user code since this word was seen. The caller then makes sure that a thread runs
    /// the loop.
    /// </summary>
    public bool TryTake(long entered) => _role.TryTake(entered);

    /// <summary>Takes the role from user code that is shared.</summary>
    /// <param name="isAsleep">Whether the loop sleeps, so that it has nothing to do.</param>
    protected bool TryTakeShared(out bool isAsleep)
    {
        TStep.Take();
        long word = _role.Seen;
        isAsleep = LoopRole<TStep>.IsAsleep(word);
        return LoopRole<TStep>.IsShared(word) && TryTake(word);
    }

    /// <summary>
    /// Gives the loop to another thread, if the user code that was entered with this word still runs and a thread is available.
    /// </summary>
    public abstract void TakeOver(long entered);

    /// <summary>
    /// Runs the loop on this thread, which holds the role and has the default execution context. False: another thread took the role
    /// while user code ran. True: the loop is stopping.
    /// </summary>
    public bool Run()
    {
        ExecutionContext? clean = ExecutionContext.Capture();
        OnRunning();
        while (!IsStopping)
        {
            while (_continuations.TryDequeue(out Entry next))
            {
                if (!Enter(next.Work, clean))
                {
                    return false;
                }
            }

            if (_cursor < _count)
            {
                OnEvent(_cursor++);
            }
            else if (!_swept)
            {
                _swept = true;
                Sweep();
            }
            else
            {
                _swept = false;
                _cursor = 0;
                _count = 0;
                _role.SetAsleep(true);
                _count = Wait();
                _role.SetAsleep(false);
            }
        }

        return true;
    }

    protected abstract bool IsStopping { get; }

    /// <summary>Called by the holder of the role: queues work behind the work that is queued already.</summary>
    protected void Continue(ILoopWork work) => _continuations.Enqueue(new Entry(work));

    /// <summary>This thread holds the role from now on.</summary>
    protected abstract void OnRunning();

    /// <summary>Handles one event of the last wait. Only system calls and queueing are allowed.</summary>
    protected abstract void OnEvent(int index);

    /// <summary>Handles the posts of this moment and advances the clock. Only queueing is allowed.</summary>
    protected abstract void Sweep();

    /// <summary>Waits for events, a post or a deadline; returns the number of events.</summary>
    protected abstract int Wait();

    /// <summary>Whether this work runs on the loop's thread. False: it was given to another thread.</summary>
    protected abstract bool MayRunHere(ILoopWork work);

    /// <summary>The word of the role now shows that this thread is in user code.</summary>
    /// <param name="entered">The word.</param>
    /// <param name="isShared">Whether any free thread may take the role at once.</param>
    protected abstract void OnEntered(long entered, bool isShared);

    /// <summary>Whether the next piece of user code is timed.</summary>
    protected abstract bool IsToBeTimed(ref Pace pace);

    /// <summary>Runs one piece of user code, and notes how long it took. The thread may have lost the role by then.</summary>
    /// <param name="work">The user code.</param>
    /// <param name="clean">The execution context to restore.</param>
    /// <param name="pace">The pace of its connection.</param>
    /// <param name="works">Whether it is known to work.</param>
    protected abstract void ExecuteTimed(ILoopWork work, ExecutionContext? clean, ref Pace pace, bool works);

    /// <summary>Runs one piece of user code, and restores the thread's execution context.</summary>
    protected static void Execute(ILoopWork work, ExecutionContext? clean)
    {
        try
        {
            work.Execute();
        }
        catch (Exception exception)
        {
            // A continuation that throws has no caller left. Its exception ends the process from the thread pool, and leaves the loop's
            // state intact.
            var captured = ExceptionDispatchInfo.Capture(exception);
            ThreadPool.UnsafeQueueUserWorkItem(static thrown => thrown.Throw(), captured, preferLocal: false);
        }

        if (clean is not null)
        {
            ExecutionContext.Restore(clean);
        }

        if (SynchronizationContext.Current is not null)
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }
    }

    /// <summary>Runs the work. False: another thread took the role meanwhile, and this thread must not touch the loop any more.</summary>
    private bool Enter(ILoopWork work, ExecutionContext? clean)
    {
        if (!MayRunHere(work))
        {
            return true;
        }

        ref Pace pace = ref work.Pace;
        bool works = pace.Works(_count);
        bool isShared = works && pace.MayShare;
        bool isTimed = works || IsToBeTimed(ref pace);
        long entered = _role.EnterUserCode(isShared);
        OnEntered(entered, isShared);
        if (isTimed)
        {
            ExecuteTimed(work, clean, ref pace, works);
        }
        else
        {
            Execute(work, clean);
        }

        if (_role.TryTake(entered))
        {
            return true;
        }

        if (!isShared)
        {
            pace.NoteWait();
        }

        return false;
    }

    /// <summary>
    /// A struct around the reference: storing into an array of interfaces checks the type each time, storing into an array of structs
    /// does not.
    /// </summary>
    private readonly struct Entry(ILoopWork work)
    {
        public ILoopWork Work { get; } = work;
    }
}
