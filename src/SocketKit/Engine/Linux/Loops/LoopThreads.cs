namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// The threads that run the loops of an engine, or follow them (the pattern is called leader/followers): while user code works, other
/// threads continue the loop, but never more than there are processors. The counts are exact but for moments, and only guide decisions.
/// </summary>
/// <param name="spares">Where the threads come from.</param>
/// <param name="processors">How many threads can run at a time.</param>
internal sealed class LoopThreads(SpareThreads spares, int processors)
{
    private int _awake;
    private int _working;
    private int _blocked;

    /// <summary>Whether user code may be shared out at all.</summary>
    public bool CanShare => processors > 1;

    /// <summary>Threads that run a loop, follow it or are in user code, without those that are known to wait there.</summary>
    public int Running => Volatile.Read(ref _awake) - Volatile.Read(ref _blocked);

    /// <summary>
    /// Whether user code that computes holds more threads than there are processors. Another such thread would only take time from the
    /// loops.
    /// </summary>
    public bool AreTooMany => Running > processors + 1;

    /// <summary>Whether a processor is free, with so many loops asleep.</summary>
    public bool HasFreeProcessor(int asleep) => Running - asleep < processors;

    /// <summary>Starts a thread that runs a loop or follows it. False: the system gives none, or too many wait.</summary>
    public bool TryStart(Action<object, long> work, object loop, long argument = 0)
    {
        Interlocked.Increment(ref _awake);
        if (spares.TryRun(work, loop, argument))
        {
            return true;
        }

        End();
        return false;
    }

    /// <summary>A thread that has ended goes on, because a processor is free. False: none is.</summary>
    public bool TryBegin()
    {
        if (Interlocked.Increment(ref _awake) - Volatile.Read(ref _blocked) <= processors)
        {
            return true;
        }

        End();
        return false;
    }

    /// <summary>A started thread has nothing to do any more.</summary>
    public void End() => Interlocked.Decrement(ref _awake);

    /// <summary>The thread has lost its loop. Whether it may follow the loop, because it has a processor to itself.</summary>
    public bool MayFollow(LoopThread thread)
    {
        NoteReturned(thread);
        return Running <= processors;
    }

    /// <summary>A run of user code that is known to work begins. Returns the number of those that run now.</summary>
    public int BeginWork() => Interlocked.Increment(ref _working);

    /// <summary>Such a run has ended. Returns the number of those that ran until now.</summary>
    public int EndWork() => Interlocked.Decrement(ref _working) + 1;

    /// <summary>The thread waits in user code, so its processor is free.</summary>
    public void NoteBlocked(LoopThread thread)
    {
        if (thread.TryBlock())
        {
            Interlocked.Increment(ref _blocked);
        }
    }

    /// <summary>The thread has returned from user code.</summary>
    public void NoteReturned(LoopThread thread)
    {
        if (thread.TryUnblock())
        {
            Interlocked.Decrement(ref _blocked);
        }
    }
}
