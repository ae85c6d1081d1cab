namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// The decisions of a monitor. A loop that is in the same user code as at the last look, and is held up by it, goes to another thread.
/// After enough looks without any movement the monitor parks until a loop enters user code.
/// </summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
/// <param name="loops">The loops that it watches.</param>
/// <param name="idleLooks">Looks in a row without any movement before it parks.</param>
internal abstract class MonitorCore<TStep>(LoopCore<TStep>[] loops, int idleLooks)
    where TStep : struct, IStep
{
    private readonly long[] _seen = new long[loops.Length];
    private ParkMark<TStep> _mark;
    private int _idle;

    /// <summary>Whether the monitor waits until a loop enters user code, or is about to.</summary>
    public bool IsParked => _mark.IsSet;

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
        if (Look(isOnTime))
        {
            _idle = 0;
        }
        else if (++_idle >= idleLooks)
        {
            _idle = 0;
            Park();
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
        if (!Look(isOnTime: false) || !_mark.TryClear())
        {
            Wait();
        }
    }

    /// <summary>Looks at every role. Returns whether any loop has moved or is in user code.</summary>
    private bool Look(bool isOnTime)
    {
        bool hasMoved = false;
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
            _seen[i] = role;
        }

        return hasMoved;
    }
}
