namespace SocketKit.Compare;

/// <summary>One table over all cells: how many times the first server's figure each server reaches.</summary>
internal static class Overview
{
    public const string Meaning =
        "The first server's figure, and how many times of it each other server has: the median of the ratios within one round, and the "
        + "lowest and highest of them.";

    private const string Nothing = "–";

    /// <returns>Null if there is nothing to compare.</returns>
    public static Table? Of(Results results)
    {
        CellSummary[] compared = [.. results.Cells.Where(static cell => cell.Servers.Count > 1)];
        string[] others =
        [
            .. results.Contestants.Select(static contestant => contestant.Name)
                .Where(server => Array.Exists(compared, cell => Index(cell, server) > 0)),
        ];
        return others.Length == 0 ? null : new Table(
            "Overview",
            ["cell", "figure", "first server", .. others],
            [.. compared.Select(cell => RowOf(cell, others))]);
    }

    private static string[] RowOf(CellSummary cell, IEnumerable<string> servers) =>
        [cell.Cell.Name, FigureOf(cell.Cell), FirstOf(cell), .. servers.Select(server => RatioOf(cell, server))];

    private static int Index(CellSummary cell, string server) => cell.Servers.ToList().FindIndex(summary => summary.Server == server);

    private static string FigureOf(Cell cell) => cell.Kind switch
    {
        LoadKind.FixedRate or LoadKind.Receive => Glossary.Cpu,
        LoadKind.Send => Glossary.SentPerSecond,
        LoadKind.Connect => Glossary.ConnectionsPerSecond,
        LoadKind.Idle => Glossary.Bytes,
        LoadKind.Held => Glossary.HandlersPerSecond,
        _ => Glossary.MessagesPerSecond,
    };

    private static string KeyOf(Cell cell) => cell.Kind is LoadKind.FixedRate or LoadKind.Receive ? cell.CpuKey : cell.MainKey;

    private static string FirstOf(CellSummary cell) =>
        cell.Baseline.Figure(KeyOf(cell.Cell)) is { } figure ? $"{Text.Short(figure.Median)} ({cell.Baseline.Server})" : Nothing;

    private static string RatioOf(CellSummary cell, string server) =>
        Index(cell, server) is > 0 and var index && cell.Servers[index].RatioOf(KeyOf(cell.Cell)) is { OfRounds: var rounds }
            ? Text.Of($"{Text.Ratio(rounds.Median)} ({rounds.Min:0.00} – {rounds.Max:0.00})")
            : Nothing;
}
