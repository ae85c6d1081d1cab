namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// How the user code of a connection has run so far, which decides how it runs next: quick code on the loop, code that works with the role
/// free to be taken, and code that waits on a spare thread. Any thread may note a run. Copied only before the first note.
/// </summary>
internal struct Pace
{
    /// <summary>
    /// Code that runs at least this long on average works. Less than this costs more to share than it gains (measured: the user code of an
    /// echo takes 3 to 10 µs, most of it in send(2)).
    /// </summary>
    public const int WorkNanoseconds = 14_000;

    /// <summary>
    /// The same while many events wait: a thread that follows the loop then finds the next one at once, and need not wait for it (measured
    /// with 1024 connections: 3 µs of work 1.21 in place of 0.96 times raw Socket, no work 1.09 in place of 1.08).
    /// </summary>
    public const int CrowdedWorkNanoseconds = 6_000;

    /// <summary>With so many events at once many wait.</summary>
    public const int Crowd = 64;

    /// <summary>Code that runs at least this long at a time is long: it is worth asking the system whether it has waited.</summary>
    public const int LongNanoseconds = 500_000;

    /// <summary>A longer time counts as this one, so that it takes two long runs in a row before quick code counts as work.</summary>
    private const int MostNanoseconds = 2 * WorkNanoseconds;

    /// <summary>The weight of a run in the average is one in so many.</summary>
    private const int Weight = 4;

    /// <summary>How many runs in a row code that waited has to be quick before it returns to the loop.</summary>
    private const int WaitRuns = 8;
    private const int Over = -1;

    /// <summary>No run of the connection has been timed: the average of its server stands in.</summary>
    private const int Unknown = -1;

    private readonly PaceTally? _tally;
    private int _waitRuns;
    private int _average;
    private bool _isLong;
    private bool _isInline;

    /// <param name="tally">The tally of the server that accepted the connection.</param>
    public Pace(PaceTally tally)
    {
        _tally = tally;
        _average = Unknown;
        if (tally.ExpectsWaits)
        {
            _waitRuns = WaitRuns;
            tally.AddWaiting(1);
        }
    }

    /// <summary>Whether a recent run waited while the loop did.</summary>
    public readonly bool Waits => Volatile.Read(in _waitRuns) > 0;

    /// <summary>
    /// Whether another thread continues the loop while the next run lasts, if that works. Long runs are always shared, because neighbours
    /// would have to wait for them.
    /// </summary>
    public readonly bool MayShare => IsLong || (_tally?.Sharing.IsOn ?? true);

    /// <summary>Whether the code of the server's connections works on average. Then each run of quick code is worth timing.</summary>
    public readonly bool IsExpectedToWork => ExpectedAverage >= WorkNanoseconds;

    /// <summary>Whether the last timed run was long.</summary>
    public readonly bool IsLong => Volatile.Read(in _isLong);

    private readonly int Average => Volatile.Read(in _average) is var own and not Unknown ? own : ExpectedAverage;

    private readonly int ExpectedAverage => _tally?.Average ?? 0;

    /// <summary>Whether a run takes so long that another thread should be able to continue the loop meanwhile.</summary>
    /// <param name="events">How many events the loop found at once.</param>
    public readonly bool Works(int events) =>
        _isInline ? IsLong : Average >= (events < Crowd ? WorkNanoseconds : CrowdedWorkNanoseconds);

    /// <summary>From now on only long runs count as work: the connection's user asked for the loop.</summary>
    public void PreferLoop() => _isInline = true;

    /// <summary>A timed run has ended that did not wait. Two threads may note at a time; then one of the two notes is lost.</summary>
    /// <param name="nanoseconds">Its time.</param>
    /// <param name="threads">
    /// How many threads were in user code that works, this one included; 0 if the number has changed, or this code was not known to work.
    /// </param>
    public void NoteTime(long nanoseconds, int threads)
    {
        if (threads > 0 && nanoseconds < LongNanoseconds)
        {
            _tally?.Sharing.Note(nanoseconds, threads);
        }

        Volatile.Write(ref _isLong, nanoseconds >= LongNanoseconds);
        int counted = (int)Math.Min(nanoseconds, MostNanoseconds);
        int average = Average;

        // A run that is like those of the server's other connections tells enough. Only a run that differs may be an accident.
        bool isLikeOthers = _tally is not null && counted >= WorkNanoseconds == IsExpectedToWork;
        Volatile.Write(ref _average, isLikeOthers ? counted : average + ((counted - average) / Weight));
        _tally?.Note(counted);
    }

    /// <summary>A run waited, or held the loop up for longer than the monitor allows.</summary>
    public void NoteWait() => Change(static _ => WaitRuns);

    /// <summary>A run on a spare thread was quick.</summary>
    public void NoteQuick() => Change(static runs => Math.Max(0, runs - 1));

    /// <summary>A run on a spare thread was long, but used the processor all the time.</summary>
    public void NoteWork()
    {
        Volatile.Write(ref _isLong, true);
        Volatile.Write(ref _average, MostNanoseconds);
        Change(static _ => 0);
    }

    /// <summary>The connection is closed, and no longer counts for its server.</summary>
    public void End() => Change(static _ => Over);

    private void Change(Func<int, int> next)
    {
        int seen = Volatile.Read(ref _waitRuns);
        while (seen != Over)
        {
            int wanted = next(seen);
            int found = Interlocked.CompareExchange(ref _waitRuns, wanted, seen);
            if (found == seen)
            {
                _tally?.AddWaiting((wanted > 0 ? 1 : 0) - (seen > 0 ? 1 : 0));
                return;
            }

            seen = found;
        }
    }
}
