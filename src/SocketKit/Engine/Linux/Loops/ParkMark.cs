namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// Whether the monitor is parked, so that a loop that enters user code knows when to wake it. The loop stores its role and then looks at the
/// mark; the monitor sets the mark and then looks at the roles. One of them sees the other, and the monitor, which parks seldom, pays for the
/// fences of both.
/// </summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
internal struct ParkMark<TStep>
    where TStep : struct, IStep
{
    private const int Awake = 0;
    private const int Parked = 1;

    private int _state;

    /// <summary>By a loop, after it has entered user code: whether it has to try to wake the monitor. No more than a load.</summary>
    public readonly bool IsSet
    {
        get
        {
            TStep.Take();
            return Volatile.Read(in _state) == Parked;
        }
    }

    /// <summary>By the monitor, before it looks at the roles a last time.</summary>
    public void Set()
    {
        TStep.Take();
        Volatile.Write(ref _state, Parked);

        // A loop may have looked at the mark before its store to the role is seen here: after this it has not.
        TStep.FenceAll();
    }

    /// <summary>By a loop, or by the monitor that has seen something after all. True for one of them, who then sees to it that the monitor goes on.</summary>
    public bool TryClear()
    {
        TStep.Take();
        return Interlocked.Exchange(ref _state, Awake) == Parked;
    }
}
