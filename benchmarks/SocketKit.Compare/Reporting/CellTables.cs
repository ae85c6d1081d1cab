namespace SocketKit.Compare;

/// <summary>The table of one cell: one row for each server.</summary>
internal static class CellTables
{
    private const string Nothing = "–";

    public static Table Of(CellSummary summary)
    {
        Cell cell = summary.Cell;
        Column[] columns =
        [
            new(Glossary.Server, static server => server.Server),
            .. MainOf(cell),
            .. CpuOf(cell),
            .. LatenciesOf(cell),
            .. CountsOf(cell),
            new(Glossary.Runs, static server => Text.Of($"{server.Runs}")),
            new(Glossary.Notes, NotesOf),
        ];
        return new Table(
            TitleOf(summary),
            [.. columns.Select(static column => column.Header)],
            [.. summary.Servers.Select(server => (string[])[.. columns.Select(column => column.Text(server))])]);
    }

    public static string TitleOf(CellSummary summary)
    {
        string rate = summary.Rate is { } perSecond && summary.Cell.Rate is null
            ? Text.Of($" ({perSecond:N0} messages per second)")
            : string.Empty;
        return $"{summary.Cell.Name}: {summary.Cell.Title}{rate}";
    }

    private static IEnumerable<Column> MainOf(Cell cell)
    {
        if (cell.Kind == LoadKind.StartUp)
        {
            return
            [
                .. Enumerable.Range(0, Generator.StartUpSeconds).Select(static second =>
                    new Column(Text.Of($"{second + 1} s"), server => PartOfFinal(server, second))),
                new(Glossary.Final, server => Median(server, cell.MainKey)),
                new(Glossary.Ratio, server => OfMedians(server, cell.MainKey)),
            ];
        }

        if (cell.Kind == LoadKind.Receive)
        {
            return [new(Glossary.SentPerSecond, server => Median(server, cell.MainKey))];
        }

        string header = cell.Kind switch
        {
            LoadKind.Send => Glossary.SentPerSecond,
            LoadKind.Connect => Glossary.ConnectionsPerSecond,
            LoadKind.Idle => Glossary.Bytes,
            LoadKind.Held => Glossary.HandlersPerSecond,
            _ => Glossary.MessagesPerSecond,
        };
        return
        [
            new(header, server => Median(server, cell.MainKey)),
            new(Glossary.Range, server => Range(server.Figure(cell.MainKey))),
            new(Glossary.Ratio, server => OfMedians(server, cell.MainKey)),
            new(Glossary.RatioOfRound, server => OfRounds(server, cell.MainKey)),
        ];
    }

    private static Column[] CpuOf(Cell cell) => cell.Kind is LoadKind.Idle or LoadKind.Held or LoadKind.PingPong ? [] :
    [
        new(Glossary.Cpu, server => Median(server, cell.CpuKey)),
        new(Glossary.CpuRatio, server => OfMedians(server, cell.CpuKey)),
        .. cell.Kind == LoadKind.StartUp ? [] : (Column[])[new(Glossary.CpuOfRound, server => OfRounds(server, cell.CpuKey))],
    ];

    private static Column[] LatenciesOf(Cell cell) => cell.Kind is LoadKind.Idle or LoadKind.StartUp || cell.IsOneWay ? [] :
    [
        new(Glossary.P50, static server => Median(server, Keys.P50)),
        new(Glossary.P99, static server => Median(server, Keys.P99)),
        new(Glossary.P999, static server => Median(server, Keys.P999)),
        .. cell.Kind == LoadKind.Held ? (Column[])[new(Glossary.Max, static server => Median(server, Keys.Max))] : [],
    ];

    private static IEnumerable<Column> CountsOf(Cell cell)
    {
        if (cell.Kind is LoadKind.Echo or LoadKind.FixedRate or LoadKind.Work)
        {
            yield return new(Glossary.Starved, static server => Worst(server, Keys.Starved));
        }

        if (cell.Kind == LoadKind.FixedRate)
        {
            yield return new(Glossary.Unanswered, static server => Worst(server, Keys.Unanswered));
        }

        if (cell.Kind == LoadKind.Datagrams)
        {
            yield return new(Glossary.Lost, static server => Worst(server, Keys.Lost));
        }

        if (cell.Kind == LoadKind.Send)
        {
            yield return new(Glossary.Received, static server => Least(server, Keys.ReceivedShare));
        }

        if (cell.Kind == LoadKind.Receive)
        {
            yield return new(Glossary.Dropped, static server => Worst(server, Keys.Dropped));
        }

        if (cell.Resumes)
        {
            yield return new(Glossary.Resumed, static server => Least(server, Keys.ResumedShare));
        }

        if (cell.Kind is LoadKind.Echo or LoadKind.Datagrams or LoadKind.Connect or LoadKind.Receive)
        {
            yield return new(Glossary.LoadCpu, static server => Median(server, Keys.LoadCpu));
        }
    }

    private static string Median(ServerSummary server, string key) =>
        server.Figure(key) is { } figure ? Text.Number(figure.Median) : Nothing;

    private static string Worst(ServerSummary server, string key) =>
        server.Figure(key) is { } figure ? Text.Of($"{figure.Max:N0}") : Nothing;

    private static string Least(ServerSummary server, string key) =>
        server.Figure(key) is { } figure ? Text.Of($"{figure.Min:P1}") : Nothing;

    private static string Range(Spread? figure) =>
        figure is null ? Nothing : $"{Text.Short(figure.Min)} – {Text.Short(figure.Max)}";

    private static string OfMedians(ServerSummary server, string key) =>
        server.RatioOf(key) is { } ratio ? Text.Ratio(ratio.OfMedians) : Nothing;

    private static string OfRounds(ServerSummary server, string key) => server.RatioOf(key) is { OfRounds: var rounds }
        ? Text.Of($"{Text.Ratio(rounds.Median)} ({rounds.Min:0.00} – {rounds.Max:0.00})")
        : Nothing;

    private static string PartOfFinal(ServerSummary server, int second) =>
        second < server.Rates.Count && server.Figure(Keys.PerSecond("msg")) is { Median: > 0 } final
            ? Text.Of($"{server.Rates[second] / final.Median:0.00}")
            : Nothing;

    private static string NotesOf(ServerSummary server)
    {
        var notes = new List<string>();
        if (server.Failed > 0)
        {
            notes.Add(Text.Of($"{server.Failed} failed"));
        }

        if (server.NotSteady > 0)
        {
            notes.Add(Text.Of($"{server.NotSteady} not steady"));
        }

        return string.Join(", ", notes);
    }

    private sealed record Column(string Header, Func<ServerSummary, string> Text);
}
