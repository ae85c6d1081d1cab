namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// Whether what runs for a connection is to run aside, on a thread of its own: so often after it has kept a loop from its work, and from the
/// beginning where many of its server's connections are like that. Any thread may note; copied only before the first note.
/// </summary>
internal struct Slowness
{
    /// <summary>So many times in a row a connection that was slow once has to be quick.</summary>
    private const int SlowRuns = 8;
    private const int Over = -1;

    private readonly SlowTally? _tally;
    private int _runs;
    private bool _burns;

    /// <param name="tally">Of the server that has accepted the connection.</param>
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

    /// <summary>Whether it worked, rather than waited, when it was last seen to be slow.</summary>
    public readonly bool Burns => Volatile.Read(in _burns);

    /// <param name="burns">See <see cref="Burns"/>.</param>
    public void NoteSlow(bool burns = false)
    {
        Volatile.Write(ref _burns, burns);
        Change(static _ => SlowRuns);
    }

    public void NoteQuick() => Change(static runs => Math.Max(0, runs - 1));

    /// <summary>The connection is closed: it no longer says anything about its server.</summary>
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
