namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// Whether a loop sleeps, so that whoever posts to it knows when to wake it: at most once per sleep, and never while it is awake. The loop
/// sets the mark and then looks for posts; whoever posts, posts and then looks at the mark. One of them sees the other.
/// </summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
internal struct SleepMark<TStep>
    where TStep : struct, IStep
{
    private const int Awake = 0;
    private const int Asleep = 1;

    private int _state;

    /// <summary>By the loop, before it looks for posts a last time. A full fence.</summary>
    public void Sleep()
    {
        TStep.Take();
        Interlocked.Exchange(ref _state, Asleep);
    }

    /// <summary>By the loop, when it is back.</summary>
    public void Wake()
    {
        TStep.Take();
        Volatile.Write(ref _state, Awake);
    }

    /// <summary>By whoever has posted. True: the loop sleeps, or is about to, and nobody else wakes it.</summary>
    public bool MustWake()
    {
        Interlocked.MemoryBarrier();
        TStep.Take();
        if (Volatile.Read(ref _state) != Asleep)
        {
            return false;
        }

        TStep.Take();
        return Interlocked.Exchange(ref _state, Awake) == Asleep;
    }
}
