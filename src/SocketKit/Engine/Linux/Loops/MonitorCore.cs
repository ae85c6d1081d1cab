namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// The decisions of a monitor. A loop that is in the same user code as at the last look, and is held up by it, goes to another thread.
/// After enough looks without any movement the monitor parks until a loop enters user code. While runs are rare it pauses for longer,
/// because each look wakes a processor, and user code that blocks then delays hardly anybody.
/// </summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
/// <param name="loops">The loops that it watches.</param>
/// <param name="idleLooks">Looks in a row without any movement before it parks.</param>
internal abstract class MonitorCore<TStep>(LoopCore<TStep>[] loops, int idleLooks)
    where TStep : struct, IStep
{
    /// <summary>The longest pause between two looks, in ticks.</summary>
    public const int LongestPause = 3;

    private readonly long[] _seen = new long[loops.Length];
    private ParkMark<TStep> _mark;
    private int _idle;

    /// <summary>Whether the monitor waits until a loop enters user code, or is about to.</summary>
    public bool IsParked => _mark.IsSet;

    /// <summary>
    /// How many ticks to pause before the next look: one while a loop is in user code, or enters it more than once per tick.
    /// </summary>
    public int Pause { get; private set; } = 1;

    /// <summary>Called by a loop that has entered user code: wakes the monitor if it is parked.</summary>
    public void Notice()
    {
        if (_mark.IsSet && _mark.TryClear())
        {
            Wake();
        }
    }

    /// <summary>One look at every loop; parks after the last of many in which nothing has moved.</summary>
    /// <param name="isOnTime">Whether the look is on time, so that every loop had the time to move since the last one.</param>
    protected void Tick(bool isOnTime)
    {
        bool hasMoved = Look(isOnTime, out bool isQuiet);
        Pause = isQuiet ? Math.Min(2 * Pause, LongestPause) : 1;
        if (hasMoved)
        {
            _idle = 0;
        }
        else if (++_idle >= idleLooks)
        {
            _idle = 0;
            Park();
            Pause = 1;
        }
    }

    /// <summary>Whether the user code that the loop entered with this word holds it up, and not a busy machine.</summary>
    protected abstract bool IsHeldUp(int index, long entered);

    /// <summary>Waits for <see cref="Wake"/>, which may have been called already.</summary>
    protected abstract void Wait();

    /// <summary>Called by any thread, once for each wait.</summary>
    protected abstract void Wake();

    private void Park()
    {
        _mark.Set();
        if (!Look(isOnTime: false, out _) || !_mark.TryClear())
        {
            Wait();
        }
    }

    /// <summary>Looks at every role. Returns whether any loop has moved or is in user code.</summary>
    /// <param name="isOnTime">As for <see cref="Tick"/>.</param>
    /// <param name="isQuiet">No loop is in user code, and there was at most one run per tick of the pause before this look.</param>
    private bool Look(bool isOnTime, out bool isQuiet)
    {
        bool hasMoved = false;
        bool isAnyInUserCode = false;
        long runs = 0;
        for (int i = 0; i < loops.Length; i++)
        {
            TStep.Take();
            long role = loops[i].Role;
            bool isInUserCode = LoopRole<TStep>.IsInUserCode(role);
            if (isOnTime && isInUserCode && role == _seen[i] && IsHeldUp(i, role))
            {
                loops[i].TakeOver(role);
            }

            hasMoved |= isInUserCode || role != _seen[i];
            isAnyInUserCode |= isInUserCode;
            runs += LoopRole<TStep>.RunsBetween(_seen[i], role);
            _seen[i] = role;
        }

        isQuiet = !isAnyInUserCode && runs <= Pause;
        return hasMoved;
    }
}
