using System.Globalization;

namespace SocketKit.Load;

/// <summary>What a run does at a time. The order is that of the time.</summary>
internal enum Phase
{
    WarmUp,
    Measure,
    Drain,
    Over,
}

/// <summary>
/// One run of the generator: it warms up, measures, waits for what is under way, and gives its line. One thread conducts; connections
/// count on threads of the pool.
/// </summary>
internal sealed class GenerateRun(GenerateOptions options)
{
    /// <summary>For what is under way when the measurement ends.</summary>
    private const long DrainTime = 10 * Clock.Second;

    /// <summary>The same at a fixed rate, where a slow server may owe very much.</summary>
    private const long RateDrainTime = 2 * Clock.Second;

    /// <summary>A server that answers nothing for so long has failed.</summary>
    private const long LongestSilence = 5 * Clock.Second;

    private const int PrintedErrors = 5;

    private readonly Latencies _latencies = new();
    private readonly StandardInput _input = new(options.Go);
    private Tally[] _tallies = [];
    private Reading _begin;
    private Reading _end;
    private long _started;
    private long _phaseEnds;
    private long _nextLine;
    private long _lineBegan;
    private long _lineAnswers;
    private long _answers;
    private long _lastAnswer;
    private long _errors;
    private volatile string? _failure;
    private volatile int _phase;

    public Phase Phase => (Phase)_phase;

    /// <summary>Closed loop: whether new messages may leave.</summary>
    public bool Sends => _phase < (int)Phase.Drain;

    public bool Measures => _phase == (int)Phase.Measure;

    public long Errors => Volatile.Read(ref _errors);

    /// <summary>When the measurement ended.</summary>
    public long End => _end.Time;

    /// <summary>Every echo was right, and there was one.</summary>
    public bool IsGood => Errors == 0 && _answers > 0;

    private long Outstanding => _tallies.Sum(static tally => tally.Outstanding);

    /// <summary>When the message of this number is due; only at a fixed rate.</summary>
    public long DueTime(long number) => _started + (long)(number * (Clock.Second / options.Rate));

    /// <summary>Fixed rate: whether this message may leave. Those of the measurement also may when they are late.</summary>
    public bool MayLeave(long number) => Sends || (Phase == Phase.Drain && DueTime(number) < End);

    /// <summary>
    /// Whether a latency belongs to the measurement: by when its message was due at a fixed rate, else by when it came back.
    /// </summary>
    public bool Counts(long due) => options.HasRate
        ? Phase >= Phase.Measure && due >= _begin.Time && (Measures || due < End)
        : Measures;

    public void Start(IEnumerable<Tally> tallies)
    {
        _tallies = [.. tallies];
        _started = _lineBegan = _lastAnswer = Clock.Now;
        _phaseEnds = _started + Clock.Of(options.WarmUp);
        _nextLine = options.Every > TimeSpan.Zero ? _started + Clock.Of(options.Every) : long.MaxValue;
    }

    /// <summary>Counts an answer to a message that was due then.</summary>
    public void Answer(Tally tally, long due, long now)
    {
        tally.Answer(Measures);
        if (Counts(due))
        {
            _latencies.Add(now - due);
        }
    }

    /// <summary>Counts a message without an answer by its age.</summary>
    public void CountAge(long due, long now) => _latencies.Add(now - due);

    /// <summary>Counts an error; the first few are printed.</summary>
    public void Error(string what)
    {
        if (Interlocked.Increment(ref _errors) <= PrintedErrors)
        {
            Console.Error.WriteLine(what);
        }
    }

    /// <summary>Ends the run at the next <see cref="Tick"/>.</summary>
    public void Fail(string why) => _failure ??= why;

    /// <summary>Looks at the clock and changes the phase when it is time. Gives when to look again.</summary>
    public long Tick(long now)
    {
        if (_failure is { } why)
        {
            throw new GenerateException(why);
        }

        CountAnswers(now);
        if (Sends && now >= _nextLine)
        {
            PrintRate(now);
        }

        bool isTime = now >= _phaseEnds;
        bool isSilent = now > _lastAnswer + LongestSilence && Outstanding > 0;
        switch (Phase)
        {
            case Phase.WarmUp when isTime || isSilent || _input.HasCome:
                _begin = Reading.Take(options.ServerProcess);
                _phaseEnds = _begin.Time + Clock.Of(options.Duration);
                _phase = (int)Phase.Measure;
                break;
            case Phase.Measure when isTime || isSilent:
                _end = Reading.Take(options.ServerProcess);
                _phaseEnds = _end.Time + (options.HasRate ? RateDrainTime : DrainTime);
                _phase = (int)Phase.Drain;
                break;
            case Phase.Drain when isTime || Outstanding == 0:
                _phase = (int)Phase.Over;
                break;
            default:
                break;
        }

        return Sends ? Math.Min(_phaseEnds, _nextLine) : _phaseEnds;
    }

    /// <summary>The figures. What is counted is a "msg" or a "conn".</summary>
    public string Figures(string unit)
    {
        double seconds = (double)(_end.Time - _begin.Time) / Clock.Second;
        long measured = _tallies.Sum(static tally => tally.AnsweredInTime);
        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $" transport={options.TransportName} seconds={seconds:F3} {unit}s_per_s={measured / seconds:F0}"
            + $" p50_us={_latencies.Microseconds(50):F1} p99_us={_latencies.Microseconds(99):F1}"
            + $" p999_us={_latencies.Microseconds(99.9):F1} max_us={_latencies.LongestMicroseconds:F1}"
            + $" load_cpu={(double)(_end.OwnProcessor - _begin.OwnProcessor) / Clock.Second / seconds:F2}");
        if (_end.ServerProcessor - _begin.ServerProcessor is long used)
        {
            double each = measured > 0 ? (double)used / Clock.Microsecond / measured : 0;
            figures += string.Create(
                CultureInfo.InvariantCulture,
                $" server_cpu={(double)used / Clock.Second / seconds:F2} server_cpu_us_per_{unit}={each:F4}");
        }

        return figures + string.Create(CultureInfo.InvariantCulture, $" errors={Errors}");
    }

    private void CountAnswers(long now)
    {
        long answers = _tallies.Sum(static tally => tally.Answered);
        if (answers != _answers)
        {
            _answers = answers;
            _lastAnswer = now;
        }
    }

    private void PrintRate(long now)
    {
        double seconds = (double)(now - _lineBegan) / Clock.Second;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"rate at={(double)(now - _started) / Clock.Second:F2} per_s={(_answers - _lineAnswers) / seconds:F0}"));
        _lineBegan = now;
        _lineAnswers = _answers;
        while (_nextLine <= now)
        {
            _nextLine += Clock.Of(options.Every);
        }
    }

    /// <summary>The clocks at one moment.</summary>
    private readonly record struct Reading(long Time, long OwnProcessor, long? ServerProcessor)
    {
        public static Reading Take(int server)
        {
            long own = ProcessFigures.OwnProcessorTime();
            long? used = server != 0 ? ProcessFigures.ProcessorTime(server) : null;
            return new Reading(Clock.Now, own, used);
        }
    }
}
