namespace SocketKit.Compare;

/// <summary>The pictures of a report; those without figures are left out.</summary>
internal static class Charts
{
    private static readonly string[] s_percentiles = [Keys.P50, Keys.P99, Keys.P999, Keys.Max];

    public static IReadOnlyList<Chart> Of(IReadOnlyList<CellSummary> cells, IReadOnlyList<string> servers)
    {
        var colours = new Colours(servers);
        return
        [
            .. Bars("throughput", "Messages per second", "Higher is better", cells, colours, static cell => cell.MainKey,
                LoadKind.Echo, LoadKind.Datagrams, LoadKind.PingPong, LoadKind.Send),
            .. Bars("cpu", "Processor time of the server for each message", "Microseconds, lower is better", cells, colours,
                static cell => cell.CpuKey, LoadKind.Echo, LoadKind.FixedRate, LoadKind.Datagrams, LoadKind.Receive),
            .. Latencies(cells, colours),
            .. Bars("connects", "Connections made, used once and closed, per second", "Higher is better", cells, colours,
                static cell => cell.MainKey, LoadKind.Connect),
            .. Bars("idle", "Memory of an idle connection", "Bytes of the server process, lower is better", cells, colours,
                static cell => cell.MainKey, LoadKind.Idle),
            .. Bars("work", "Handlers that compute: messages per second", "Higher is better", cells, colours, static cell => cell.MainKey,
                LoadKind.Work),
            .. StartUp(cells, colours),
        ];
    }

    private static Chart[] Bars(
        string name, string title, string unit, IReadOnlyList<CellSummary> cells, Colours colours, Func<Cell, string> keyOf,
        params LoadKind[] kinds)
    {
        BarPanel[] panels =
        [
            .. cells.Where(cell => kinds.Contains(cell.Cell.Kind))
                .Select(cell => new BarPanel(cell.Cell.Title, BarsOf(cell, keyOf(cell.Cell), colours)))
                .Where(static panel => panel.Bars.Count > 0),
        ];
        return panels.Length == 0 ? [] : [BarChart.Draw(name, title, unit, panels)];
    }

    private static List<Bar> BarsOf(CellSummary cell, string key, Colours colours) =>
    [
        .. from server in cell.Servers
           where server.Figure(key) is not null
           select new Bar(
               server.Server, colours.Of(server.Server), server.Figure(key)!,
               server != cell.Baseline && server.RatioOf(key) is { } ratio ? Text.Ratio(ratio.OfMedians) : string.Empty),
    ];

    private static Chart[] Latencies(IReadOnlyList<CellSummary> cells, Colours colours)
    {
        LinePanel[] panels =
        [
            .. cells.Where(static cell => cell.Cell.Kind == LoadKind.FixedRate)
                .Select(cell => new LinePanel(
                    cell.Cell.Title,
                    [.. cell.Servers.Where(static server => Array.TrueForAll(s_percentiles, key => server.Figure(key) is { Median: > 0 }))
                        .Select(server => new Series(
                            server.Server, colours.Of(server.Server), [.. s_percentiles.Select(key => server.Figure(key)!.Median)]))]))
                .Where(static panel => panel.Series.Count > 0),
        ];
        return panels.Length == 0 ? [] :
        [
            LineChart.Draw("latency", "Latency at a fixed rate", "Microseconds in powers of ten, lower is better",
                ["half", "99 %", "99.9 %", "all"], panels, static panel => Scale.Logarithmic(
                    panel.Series.Min(static series => series.Values.Min()), panel.Series.Max(static series => series.Values.Max()))),
        ];
    }

    private static Chart[] StartUp(IReadOnlyList<CellSummary> cells, Colours colours)
    {
        LinePanel[] panels =
        [
            .. cells.Where(static cell => cell.Cell.Kind == LoadKind.StartUp)
                .Select(cell => new LinePanel(
                    cell.Cell.Title,
                    [.. cell.Servers.Where(static server => server.Rates.Count > 0)
                        .Select(server => new Series(server.Server, colours.Of(server.Server), server.Rates))]))
                .Where(static panel => panel.Series.Count > 0),
        ];
        return panels.Length == 0 ? [] :
        [
            LineChart.Draw("startup", "The first seconds of a server", "Messages per second, second by second; higher is better",
                [.. Enumerable.Range(1, Generator.StartUpSeconds).Select(static second => Text.Of($"{second} s"))], panels, StepsOf),
        ];
    }

    /// <summary>About four lines of the grid.</summary>
    private static Scale StepsOf(LinePanel panel)
    {
        double highest = panel.Series.Max(static series => series.Values.Max());
        double power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(highest, 1))));
        double step = (highest / power) switch { < 2 => power / 2, < 5 => power, _ => 2 * power };
        return Scale.Linear(highest, step);
    }

    /// <summary>A server has the same colour everywhere.</summary>
    private sealed class Colours(IReadOnlyList<string> servers)
    {
        public int Of(string server) => Math.Max(0, servers.ToList().IndexOf(server));
    }
}
