namespace SocketKit.Compare;

/// <summary>Makes medians and ratios of the rounds that count.</summary>
internal static class Summarizer
{
    /// <summary>One summary for each cell, in the order in which the cells first ran.</summary>
    public static IReadOnlyList<CellSummary> Summarize(IEnumerable<Round> rounds) =>
        [.. rounds.Where(static round => round.Counts).GroupBy(static round => round.Cell).Select(static cell => Summarize([.. cell]))];

    private static CellSummary Summarize(List<Round> rounds)
    {
        string[] servers = [.. rounds.SelectMany(static round => round.Runs).OrderBy(static run => run.ServerNumber)
            .Select(static run => run.Server).Distinct()];
        return new CellSummary(
            rounds[0].Cell, rounds[0].Rate, [.. servers.Select(server => Summarize(server, servers[0], rounds))]);
    }

    private static ServerSummary Summarize(string server, string baseline, List<Round> rounds)
    {
        Run[] runs = [.. rounds.Select(round => round.RunOf(server)).OfType<Run>()];
        Run[] good = [.. runs.Where(static run => run.Problem is null)];
        var figures = new Dictionary<string, Spread>();
        var ratios = new Dictionary<string, Ratio>();
        foreach (string key in good.SelectMany(static run => run.Figures.Keys).Distinct().Where(static key => !Keys.Settings.Contains(key)))
        {
            figures[key] = Spread.Of(good.Where(run => run.Figures.ContainsKey(key)).Select(run => run.Figures[key]))!;
            if (RatioOf(key, server, baseline, rounds) is { } ratio)
            {
                ratios[key] = ratio;
            }
        }

        return new ServerSummary(
            server, good.Length, runs.Length - good.Length, good.Count(static run => run.IsSteady == false), figures, ratios,
            MedianRates(good));
    }

    private static Ratio? RatioOf(string key, string server, string baseline, List<Round> rounds)
    {
        var both = rounds
            .Select(round => (Own: round.FigureOf(server, key), Other: round.FigureOf(baseline, key)))
            .Where(static pair => pair is { Own: not null, Other: > 0 })
            .ToList();
        return Spread.Of(both.Select(static pair => pair.Own!.Value / pair.Other!.Value)) is { } ofRounds
            ? new Ratio(
                Median(both.Select(static pair => pair.Own!.Value)) / Median(both.Select(static pair => pair.Other!.Value)), ofRounds)
            : null;
    }

    /// <summary>The median of the first rates of all runs, of the second ones, and so on.</summary>
    private static List<double> MedianRates(Run[] runs) =>
        [.. Enumerable.Range(0, runs.Select(static run => run.Rates.Count).DefaultIfEmpty(0).Min())
            .Select(index => Median(runs.Select(run => run.Rates[index])))];

    private static double Median(IEnumerable<double> figures) => Spread.Of(figures)!.Median;
}
