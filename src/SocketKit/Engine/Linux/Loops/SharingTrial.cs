namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// Whether several threads do the work of a server's user code sooner than one thread per loop would. They do not if each of them waits
/// for a lock that another one holds. A few runs are made alone now and then, and their time is compared with that of the others. With
/// several busy loops no run is ever alone; then everything stays shared. Any thread may note a run; if two note at a time, one of the
/// notes may be lost, or counted for the next round.
/// </summary>
/// <param name="processors">How many threads can run at a time.</param>
internal sealed class SharingTrial(int processors)
{
    /// <summary>How many runs of a round are made the other way.</summary>
    public const int TrialRuns = 32;

    /// <summary>
    /// How many runs of a round are made as decided, for each processor: while a trial has one thread, the other processors may have
    /// nothing to do.
    /// </summary>
    public const int RunsPerProcessor = 2048;

    /// <summary>
    /// So many more rounds have to speak against sharing than for it before it ends, because one of them may have been disturbed.
    /// </summary>
    public const int Rounds = 3;

    /// <summary>A trial with fewer runs that can be compared says nothing.</summary>
    private const int LeastRuns = 4;

    /// <summary>A longer time counts as so many times the one that is usual: the thread had no processor meanwhile.</summary>
    private const int MostTimes = 4;

    private Sum _alone;
    private Sum _together;
    private long _usual = long.MaxValue / MostTimes;
    private int _left = processors * RunsPerProcessor;
    private int _against;
    private bool _isTrial;
    private bool _isWorthwhile = true;
    private bool _isOn = true;

    /// <summary>Whether the next run is shared.</summary>
    public bool IsOn => Volatile.Read(ref _isOn);

    /// <summary>A run that works has ended.</summary>
    /// <param name="nanoseconds">Its time.</param>
    /// <param name="threads">How many threads were in code that works all the time, this one included.</param>
    public void Note(long nanoseconds, int threads)
    {
        long time = Math.Min(nanoseconds, MostTimes * _usual);
        if (threads == 1)
        {
            _alone.Add(time);
        }
        else
        {
            _together.Add(time / threads);
        }

        if (Interlocked.Decrement(ref _left) == 0)
        {
            Turn();
        }
    }

    /// <summary>Begins the trial of a round, or ends it. Called by one thread at a time: the one whose run was the last.</summary>
    private void Turn()
    {
        _isTrial = !_isTrial;
        if (!_isTrial)
        {
            Decide();
            _alone = default;
            _together = default;
        }

        Volatile.Write(ref _isOn, _isWorthwhile != _isTrial);
        Volatile.Write(ref _left, _isTrial ? TrialRuns : processors * RunsPerProcessor);
    }

    private void Decide()
    {
        if (_alone.Count < LeastRuns || _together.Count < LeastRuns)
        {
            return;
        }

        bool isSlower = _together.Mean > _alone.Mean;
        _against = isSlower ? Math.Min(_against + 1, Rounds) : Math.Max(_against - 1, 0);
        _isWorthwhile = _isWorthwhile ? _against < Rounds : !isSlower;
        _usual = _alone.Mean;
    }

    private struct Sum
    {
        private long _total;

        public int Count { get; private set; }

        public readonly long Mean => _total / Count;

        public void Add(long time)
        {
            _total += time;
            Count++;
        }
    }
}
