using System.Runtime.ExceptionServices;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// The order of a loop's work: continuations, then one event at a time, then what others posted and the clock, then sleep. All of its
/// state is in fields, and is advanced before user code is entered, so that another thread can go on in the middle.
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

    /// <summary>Takes the role from a thread that is in user code since this word was seen. The caller then sees to it that a thread runs the loop.</summary>
    public bool TryTake(long entered) => _role.TryTake(entered);

    /// <summary>Gives the loop to another thread if it is still in the user code that it entered with this word, and there is a thread to be had.</summary>
    public abstract void TakeOver(long entered);

    /// <summary>
    /// Runs the loop on this thread, which holds the role and has no context of its own. False: the role was taken while user code ran.
    /// True: the loop is stopping.
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

    /// <summary>By the holder of the role: this is to run, after what is queued already.</summary>
    protected void Continue(ILoopWork work) => _continuations.Enqueue(new Entry(work));

    /// <summary>This thread holds the role from now on.</summary>
    protected abstract void OnRunning();

    /// <summary>Handles one event of the last wait; only system calls and queueing.</summary>
    protected abstract void OnEvent(int index);

    /// <summary>Takes what was posted until now, and looks at the clock; only queueing.</summary>
    protected abstract void Sweep();

    /// <summary>Waits for events, or for a post, or for the clock; returns the number of events.</summary>
    protected abstract int Wait();

    /// <summary>User code is about to run on this thread, which counts as foreign to the loop until it is back. False: it runs elsewhere.</summary>
    protected abstract bool IsToRunHere(ILoopWork work);

    /// <summary>The role now shows that this thread is in user code.</summary>
    protected abstract void OnEntered(long entered);

    /// <summary>Runs one piece of user code, and leaves nothing of its context behind.</summary>
    protected static void Execute(ILoopWork work, ExecutionContext? clean)
    {
        try
        {
            work.Execute();
        }
        catch (Exception exception)
        {
            // A continuation that throws has no caller left: it ends the process, as it would on the thread pool, but not this loop's state.
            ThreadPool.UnsafeQueueUserWorkItem(static thrown => thrown.Throw(), ExceptionDispatchInfo.Capture(exception), preferLocal: false);
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

    /// <summary>False: the role was taken meanwhile, and this thread touches the loop no more.</summary>
    private bool Enter(ILoopWork work, ExecutionContext? clean)
    {
        if (!IsToRunHere(work))
        {
            return true;
        }

        ref Slowness slowness = ref work.Slowness;
        long entered = _role.EnterUserCode();
        OnEntered(entered);
        Execute(work, clean);
        if (_role.TryTake(entered))
        {
            return true;
        }

        slowness.NoteSlow();
        return false;
    }

    /// <summary>An array of references to an interface checks the type of what is stored, each time; an array of these does not.</summary>
    private readonly struct Entry(ILoopWork work)
    {
        public ILoopWork Work { get; } = work;
    }
}
