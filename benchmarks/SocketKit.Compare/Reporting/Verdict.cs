namespace SocketKit.Compare;

/// <summary>What came out, in plain sentences.</summary>
internal static class Verdict
{
    private const string Limit = "c";

    /// <summary>Servers whose result is put into words: this library's own, and those of --command.</summary>
    private static readonly string[] s_others = ["raw", "raw-sync", "networkstream", "saea", Limit, "c-batch", "c-offload"];

    public static IReadOnlyList<string> Of(IReadOnlyList<CellSummary> cells, IReadOnlyList<Round> rounds, bool isComplete) =>
    [
        .. Warnings(rounds),
        .. cells.SelectMany(SentencesOf),
        .. Limits(cells),
        .. Doubts(rounds, isComplete),
    ];

    /// <summary>Before anything else, because it takes the weight from all that follows.</summary>
    private static string[] Warnings(IReadOnlyList<Round> rounds)
    {
        int counted = rounds.Count(static round => round.Counts);
        int disturbed = rounds.Count(static round => round is { Counts: true, Disturbance: not null });
        return disturbed * 2 < counted || disturbed == 0
            ? []
            : ["The machine was busy with other things most of the time: do not rely on these figures, repeat them when it is quiet."];
    }

    private static IEnumerable<string> SentencesOf(CellSummary cell) =>
        cell.Servers.Skip(1).Where(static server => !s_others.Contains(server.Server)).Select(server => SentenceOf(cell, server))
            .OfType<string>();

    private static string? SentenceOf(CellSummary cell, ServerSummary server)
    {
        (string name, string baseline) = (cell.Cell.Name, cell.Baseline.Server);
        Ratio? cpu = server.RatioOf(cell.Cell.CpuKey);
        string withCpu = cpu is null
            ? string.Empty
            : $", with {Number(cpu.OfRounds.Median)} times its processor time for each {UnitOf(cell)}";
        return (cell.Cell.Kind, server.RatioOf(cell.Cell.MainKey)) switch
        {
            (_, null) => null,
            (LoadKind.StartUp, _) => StartUp(cell, server),
            (LoadKind.FixedRate or LoadKind.Receive, _) when cpu is not null => FixedRate(cell, server, cpu),
            (LoadKind.Idle, { } ratio) =>
                $"{name}: an idle connection costs {server.Server} {Number(ratio.OfMedians)} times the memory that it costs {baseline}.",
            (_, { } ratio) when ratio.OfRounds.Contains(1) =>
                $"{name}: no difference in speed between {server.Server} and {baseline} ({Range(ratio)}){withCpu}.",
            (_, { } ratio) =>
                $"{name}: {server.Server} is {Number(ratio.OfRounds.Median)} times as fast as {baseline} ({Range(ratio)}){withCpu}.",
        };
    }

    private static string? StartUp(CellSummary cell, ServerSummary server) =>
        server.Rates.Count > 0 && server.Figure(cell.Cell.MainKey) is { Median: > 0 } final
            ? $"{cell.Cell.Name}: in its first second {server.Server} makes {Number(server.Rates[0] / final.Median)} of its final rate, "
                + $"in the second one {Number(server.Rates[Math.Min(1, server.Rates.Count - 1)] / final.Median)}."
            : null;

    private static string FixedRate(CellSummary cell, ServerSummary server, Ratio cpu)
    {
        string tail = (server.Figure(Keys.P999), cell.Baseline.Figure(Keys.P999)) is ({ } own, { } other)
            ? $"; 999 of 1,000 echoes are back within {Text.Number(own.Median)} µs, against {Text.Number(other.Median)}"
            : string.Empty;
        return $"{cell.Cell.Name}: at the same rate {server.Server} takes {Number(cpu.OfRounds.Median)} times the processor time of "
            + $"{cell.Baseline.Server}{tail}.";
    }

    /// <summary>How near the best server comes to the one in C.</summary>
    private static IEnumerable<string> Limits(IReadOnlyList<CellSummary> cells)
    {
        string[] parts =
        [
            .. from cell in cells
               where cell.Cell.Kind == LoadKind.Echo
               let limit = cell.Servers.FirstOrDefault(static server => server.Server == Limit)?.Figure(cell.Cell.MainKey)
               let best = cell.Servers.Where(server => !s_others.Contains(server.Server))
                   .MaxBy(server => server.Figure(cell.Cell.MainKey)?.Median)
               let figure = best?.Figure(cell.Cell.MainKey)
               where limit is not null && figure is not null
               select $"{best!.Server} {Number(figure.Median / limit.Median)} at {cell.Cell.Name}",
        ];
        return parts.Length == 0 ? [] : [$"Of the speed of the server in C: {string.Join(", ", parts)}."];
    }

    private static IEnumerable<string> Doubts(IReadOnlyList<Round> rounds, bool isComplete)
    {
        Run[] runs = [.. rounds.SelectMany(static round => round.Runs)];
        Run[] failed = [.. runs.Where(static run => run.Problem is not null)];
        yield return failed.Length == 0
            ? $"All {Text.Many(runs.Length, "run")} were clean: every echo was right."
            : Text.Of($"{failed.Length} of {Text.Many(runs.Length, "run")} failed; the first: ")
                + $"{failed[0].Server}: {FirstLine(failed[0].Problem!)}";
        if (!isComplete)
        {
            yield return "Not all planned rounds were run, because the time was up or somebody stopped it.";
        }

        int unsteady = runs.Count(static run => run.IsSteady == false);
        if (unsteady > 0)
        {
            yield return Text.Of($"{unsteady} of {Text.Many(runs.Length, "run")} did not become steady before the measurement.");
        }

        int disturbed = rounds.Count(static round => round.Disturbance is not null);
        int counted = rounds.Count(static round => round is { Disturbance: not null, Counts: true });
        if (disturbed > 0)
        {
            yield return Text.Of($"{disturbed} of {rounds.Count} rounds were disturbed from outside, and {counted} of these count, ")
                + "because the repetition was disturbed as well or there was no time for one.";
        }

        if (Spread.Of(rounds.SelectMany(static round => (double[])[round.SpeedBefore, round.SpeedAfter])) is { } speed)
        {
            yield return
                $"The machine's own speed was {Number(speed.Min / speed.Median)} to {Number(speed.Max / speed.Median)} of its median.";
        }
    }

    private static string UnitOf(CellSummary cell) => cell.Cell.Unit == "conn" ? "connection" : "message";

    private static string Range(Ratio ratio) =>
        $"{Number(ratio.OfRounds.Min)} to {Number(ratio.OfRounds.Max)} in {Text.Many(ratio.OfRounds.Count, "round")}";

    /// <summary>A program that fails may print a lot. All of it is in results.json.</summary>
    private static string FirstLine(string problem) => problem.Trim().Split('\n', 2)[0].TrimEnd();

    private static string Number(double value) => Text.Of($"{value:0.00}");
}
