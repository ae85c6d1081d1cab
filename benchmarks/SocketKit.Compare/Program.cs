using System.Diagnostics;
using System.Runtime.InteropServices;
using SocketKit.Compare;

long started = Stopwatch.GetTimestamp();
DateTimeOffset now = DateTimeOffset.UtcNow;
using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);

try
{
    var options = CompareOptions.Parse(args);
    var suite = Suite.Named(options.Suite);
    var tree = SourceTree.Find();
    if (options.WantsHelp)
    {
        Help.Print(Console.Out, new Catalog(await Programs.ExpectAsync(tree, stop.Token)));
        return 0;
    }

    Programs programs = await Programs.BuildAsync(tree, Console.Error.WriteLine, stop.Token);
    var plan = Plan.Of(options, suite, new Catalog(programs));
    var generator = Generator.Of(programs);
    var processors = Processors.Choose(options.MayPin);
    var comparison = new Comparison(plan, new Runner(generator, processors, plan.Timing), Console.Error, started);
    bool wasStopped = false;
    try
    {
        await comparison.RunAsync(stop.Token);
    }
    catch (OperationCanceledException)
    {
        // Told to stop: what has been measured is still worth a table.
        wasStopped = true;
    }

    IReadOnlyList<CellSummary> cells = Summarizer.Summarize(comparison.Rounds);
    var results = new Results
    {
        Commit = await Commit.ReadAsync(tree, CancellationToken.None),
        Machine = MachineFacts.Read(),
        Started = now,
        Duration = Stopwatch.GetElapsedTime(started),
        Arguments = args,
        Suite = suite.Name,
        Timing = plan.Timing,
        Pinning = processors.About,
        Generator = generator.About,
        Contestants = plan.Contestants,
        Rounds = comparison.Rounds,
        Cells = cells,
        Verdict = Verdict.Of(cells, comparison.Rounds, comparison.IsComplete),
        IsClean = !wasStopped && comparison.HasAllCells
            && comparison.Rounds.SelectMany(static round => round.Runs).All(static run => run.Problem is null),
    };
    ConsoleReport.Print(Console.Out, results);
    if (options.Report is { } folder)
    {
        await ReportFolder.WriteAsync(folder, results);
        Console.WriteLine($"The report is in {folder}.");
    }

    return results.IsClean ? 0 : 1;
}
catch (FormatException problem)
{
    // A wrong argument: say which, without a stack trace.
    await Console.Error.WriteLineAsync(problem.Message);
    return 2;
}
catch (Exception problem) when (problem is BuildException or RunFailedException or IOException or UnauthorizedAccessException)
{
    // Something is missing on this machine: say what, without a stack trace.
    await Console.Error.WriteLineAsync(problem.Message);
    return 1;
}
catch (OperationCanceledException)
{
    // Told to stop while it was building.
    return 1;
}

void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
