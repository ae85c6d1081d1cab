namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// Tracks whether a connection's handler runs on a spare thread instead of the loop: for the next 8 runs after it blocked the loop, or
/// from the start if many connections of its server are slow. Any thread may note a run. Copied only before the first note.
/// </summary>
internal struct Slowness
{
    /// <summary>How many runs in a row a slow connection has to be quick before it returns to the loop.</summary>
    private const int SlowRuns = 8;
    private const int Over = -1;

    private readonly SlowTally? _tally;
    private int _runs;
    private bool _isCpuBound;

    /// <param name="tally">The count of the server that accepted the connection.</param>
    public Slowness(SlowTally tally)
    {
        _tally = tally;
        if (tally.ExpectsSlow)
        {
            _runs = SlowRuns;
            tally.Add(1);
        }
    }

    public readonly bool IsSlow => Volatile.Read(in _runs) > 0;

    /// <summary>Whether the last slow run used the processor rather than waited.</summary>
    public readonly bool IsCpuBound => Volatile.Read(in _isCpuBound);

    /// <param name="isCpuBound">See <see cref="IsCpuBound"/>.</param>
    public void NoteSlow(bool isCpuBound = false)
    {
        Volatile.Write(ref _isCpuBound, isCpuBound);
        Change(static _ => SlowRuns);
    }

    public void NoteQuick() => Change(static runs => Math.Max(0, runs - 1));

    /// <summary>The connection is closed, and no longer counts for its server.</summary>
    public void End() => Change(static _ => Over);

    private void Change(Func<int, int> next)
    {
        int seen = Volatile.Read(ref _runs);
        while (seen != Over)
        {
            int wanted = next(seen);
            int found = Interlocked.CompareExchange(ref _runs, wanted, seen);
            if (found == seen)
            {
                _tally?.Add((wanted > 0 ? 1 : 0) - (seen > 0 ? 1 : 0));
                return;
            }

            seen = found;
        }
    }
}
