namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// Whether a loop sleeps, so that a thread that posts knows when to wake it: at most once per sleep, and never while it is awake. The
/// loop sets the mark and then checks for posts. A poster posts and then reads the mark. So at least one of them sees the other.
/// </summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
internal struct SleepMark<TStep>
    where TStep : struct, IStep
{
    private const int Awake = 0;
    private const int Asleep = 1;

    private int _state;

    /// <summary>Called by the loop before its last check for posts. A full fence.</summary>
    public void Sleep()
    {
        TStep.Take();
        Interlocked.Exchange(ref _state, Asleep);
    }

    /// <summary>Called by the loop after its wait.</summary>
    public void Wake()
    {
        TStep.Take();
        Volatile.Write(ref _state, Awake);
    }

    /// <summary>Called by a thread that has posted. True: the loop sleeps or is about to, and no other thread wakes it.</summary>
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
