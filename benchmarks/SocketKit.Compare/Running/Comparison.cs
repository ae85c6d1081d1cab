using System.Diagnostics;

namespace SocketKit.Compare;

/// <summary>All rounds of a plan: A B C in one cell after the other, then the next round.</summary>
internal sealed class Comparison
{
    /// <summary>Kept for writing the report.</summary>
    private static readonly TimeSpan s_reporting = TimeSpan.FromSeconds(3);

    private readonly Plan _plan;
    private readonly Runner _runner;
    private readonly TextWriter _progress;
    private readonly long _started;
    private readonly Estimate _estimate;
    private readonly List<Round> _rounds = [];
    private readonly Dictionary<Cell, double> _halves = [];
    private readonly int _plannedRuns;
    private int _runs;
    private TimeSpan _left;

    /// <param name="plan">What is measured.</param>
    /// <param name="runner">Runs it.</param>
    /// <param name="progress">Gets a line for each run.</param>
    /// <param name="started">When the command was started (<see cref="Stopwatch"/>), for its budget.</param>
    public Comparison(Plan plan, Runner runner, TextWriter progress, long started)
    {
        _plan = plan;
        _runner = runner;
        _progress = progress;
        _started = started;
        _estimate = new Estimate(plan.Timing);
        _plannedRuns = plan.Entries.Sum(entry => entry.Rounds * plan.ContestantsIn(entry.Cell).Count);
    }

    public IReadOnlyList<Round> Rounds => _rounds;

    /// <summary>Whether every cell has been measured at least once.</summary>
    public bool HasAllCells => _plan.Entries.All(entry => _rounds.Exists(round => round.Cell == entry.Cell));

    /// <summary>Whether all planned rounds have been run.</summary>
    public bool IsComplete { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (int number = 1; number <= _plan.MostRounds; number++)
        {
            foreach (Entry entry in _plan.Entries.Where(entry => entry.Rounds >= number))
            {
                if (!HasTimeFor(entry.Cell))
                {
                    Say(Text.Of($"time is up: stops before round {number} of {entry.Cell}"));
                    return;
                }

                await RunTwiceIfDisturbedAsync(entry.Cell, number, cancellationToken);
            }
        }

        IsComplete = true;
    }

    private async Task RunTwiceIfDisturbedAsync(Cell cell, int number, CancellationToken cancellationToken)
    {
        Round round = await RunRoundAsync(cell, number, attempt: 1, cancellationToken);
        if (round.Disturbance is not { } disturbance)
        {
            _rounds.Add(round);
            return;
        }

        bool repeats = HasTimeFor(cell, SecondsOfRest(number, cell));
        Say($"round {number} of {cell} was disturbed: {disturbance}; {(repeats ? "it is repeated" : "there is no time to repeat it")}");
        _rounds.Add(round with { Counts = !repeats });
        if (repeats)
        {
            Round second = await RunRoundAsync(cell, number, attempt: 2, cancellationToken);
            _rounds.Add(second);
            if (second.Disturbance is { } again)
            {
                Say($"the repetition was disturbed as well: {again}");
            }
        }
    }

    private async Task<Round> RunRoundAsync(Cell cell, int number, int attempt, CancellationToken cancellationToken)
    {
        double? rate = RateOf(cell);
        double before = MachineSpeed.Measure();
        var runs = new List<Run>();
        foreach ((Contestant contestant, int place) in Plan.Rotate(_plan.ContestantsIn(cell), number))
        {
            long started = Stopwatch.GetTimestamp();
            Run run = await _runner.RunAsync(contestant, place, cell, rate, cancellationToken);
            _estimate.Learn(cell, Stopwatch.GetElapsedTime(started));
            runs.Add(run);
            _runs += attempt == 1 ? 1 : 0;
            _left = TimeLeft(number, cell) + (_estimate.Of(cell) * (_plan.ContestantsIn(cell).Count - runs.Count));
            Say(Text.Of($"round {number}, {cell}, {ProgressText.Of(cell, run)}"));
        }

        return new Round
        {
            Cell = cell,
            Number = number,
            Attempt = attempt,
            Rate = rate,
            SpeedBefore = before,
            SpeedAfter = MachineSpeed.Measure(),
            Runs = runs,
            Disturbance = Disturbance.Of(runs),
        };
    }

    /// <summary>
    /// Half of the first server's median, found out once, so that all rounds and servers have the same rate; null without it.
    /// </summary>
    private double? RateOf(Cell cell)
    {
        if (cell is not { Kind: LoadKind.FixedRate, Rate: null })
        {
            return cell.Rate;
        }

        if (!_halves.TryGetValue(cell, out double half)
            && Summarizer.Summarize(_rounds).FirstOrDefault(summary => summary.Cell == cell.ClosedLoop) is { } closedLoop
            && closedLoop.Baseline.Figure(cell.MainKey) is { } peak)
        {
            half = Math.Round(peak.Median / 2);
            _halves.Add(cell, half);
        }

        return half >= 1 ? half : null;
    }

    private bool HasTimeFor(Cell cell, TimeSpan afterwards = default) =>
        _plan.Budget is not { } budget
        || Stopwatch.GetElapsedTime(_started) + _estimate.Of(cell) * _plan.ContestantsIn(cell).Count + afterwards + s_reporting < budget;

    /// <summary>What the rest of a round needs, which comes before the repetition of a part of it.</summary>
    private TimeSpan SecondsOfRest(int number, Cell cell) => TimeSpan.FromSeconds(
        _plan.Entries.Where(entry => entry.Rounds >= number).SkipWhile(entry => entry.Cell != cell).Skip(1).Sum(SecondsOf));

    private TimeSpan TimeLeft(int number, Cell cell) =>
        SecondsOfRest(number, cell)
        + TimeSpan.FromSeconds(_plan.Entries.Sum(entry => Math.Max(0, entry.Rounds - number) * SecondsOf(entry)));

    private double SecondsOf(Entry entry) => _estimate.Of(entry.Cell).TotalSeconds * _plan.ContestantsIn(entry.Cell).Count;

    private void Say(string what)
    {
        TimeSpan? rest = _plan.Budget - Stopwatch.GetElapsedTime(_started);
        string left = _runs == 0 ? string.Empty : $" (about {Text.Time(rest < _left ? rest.Value : _left)} left)";
        _progress.WriteLine(Text.Of($"[{_runs}/{_plannedRuns}] {what}{left}"));
    }
}
