namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// What a monitor decides at each look at the roles of its loops: one that is in the same user code as in the last look, and is held up by
/// it, goes to another thread; and after enough looks without any movement it parks until a loop enters user code.
/// </summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
/// <param name="loops">Those it watches.</param>
/// <param name="idleLooks">Looks in a row without any movement before it parks.</param>
internal abstract class MonitorCore<TStep>(LoopCore<TStep>[] loops, int idleLooks)
    where TStep : struct, IStep
{
    private readonly long[] _seen = new long[loops.Length];
    private ParkMark<TStep> _mark;
    private int _idle;

    /// <summary>Whether it waits until a loop enters user code, or is about to.</summary>
    public bool IsParked => _mark.IsSet;

    /// <summary>By a loop that has entered user code: somebody has to look whether it comes back.</summary>
    public void Notice()
    {
        if (_mark.IsSet && _mark.TryClear())
        {
            Wake();
        }
    }

    /// <summary>One look at every loop; parks after the last of many in which nothing has moved.</summary>
    /// <param name="isTrue">Whether the look comes in time, so that a loop that has not moved since the last one had the time to.</param>
    protected void Tick(bool isTrue)
    {
        if (Look(isTrue))
        {
            _idle = 0;
        }
        else if (++_idle >= idleLooks)
        {
            _idle = 0;
            Park();
        }
    }

    /// <summary>Whether it is the user code that this loop entered with this word that keeps it, rather than the machine.</summary>
    protected abstract bool IsHeldUp(int index, long entered);

    /// <summary>Waits for <see cref="Wake"/>, which may have come already.</summary>
    protected abstract void Wait();

    /// <summary>By any thread, once for each wait.</summary>
    protected abstract void Wake();

    private void Park()
    {
        _mark.Set();
        if (!Look(isTrue: false) || !_mark.TryClear())
        {
            Wait();
        }
    }

    /// <summary>Whether any loop has moved, or is in user code.</summary>
    private bool Look(bool isTrue)
    {
        bool hasMoved = false;
        for (int i = 0; i < loops.Length; i++)
        {
            TStep.Take();
            long role = loops[i].Role;
            bool isInUserCode = LoopRole<TStep>.IsInUserCode(role);
            if (isTrue && isInUserCode && role == _seen[i] && IsHeldUp(i, role))
            {
                loops[i].TakeOver(role);
            }

            hasMoved |= isInUserCode || role != _seen[i];
            _seen[i] = role;
        }

        return hasMoved;
    }
}
