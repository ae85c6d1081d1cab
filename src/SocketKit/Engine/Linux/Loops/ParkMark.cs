namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// Whether the monitor is parked, so that a loop that enters user code knows when to wake it. The loop stores its role and then reads the
/// mark. The monitor sets the mark and then reads the roles. So at least one of them sees the other. The monitor parks rarely, so it pays
/// for the fences of both.
/// </summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
internal struct ParkMark<TStep>
    where TStep : struct, IStep
{
    private const int Awake = 0;
    private const int Parked = 1;

    private int _state;

    /// <summary>Read by a loop after it has entered user code: whether it has to try to wake the monitor. Costs one load.</summary>
    public readonly bool IsSet
    {
        get
        {
            TStep.Take();
            return Volatile.Read(in _state) == Parked;
        }
    }

    /// <summary>Called by the monitor before its last look at the roles.</summary>
    public void Set()
    {
        TStep.Take();
        Volatile.Write(ref _state, Parked);

        // A loop's read of the mark may overtake its store to the role. After this fence that store is visible here.
        TStep.FenceAll();
    }

    /// <summary>
    /// Called by a loop, or by the monitor if its last look found movement. True for one of them, which then makes sure that the monitor
    /// continues.
    /// </summary>
    public bool TryClear()
    {
        TStep.Take();
        return Interlocked.Exchange(ref _state, Awake) == Parked;
    }
}
