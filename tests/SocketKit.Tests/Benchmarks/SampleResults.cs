using SocketKit.Compare;

namespace SocketKit.Tests.Benchmarks;

/// <summary>Results that were never measured.</summary>
internal static class SampleResults
{
    public const string Slow = "raw";
    public const string Fast = "epoll & <co>";

    private static readonly string[] s_servers = [Slow, Fast];

    /// <summary>One round; each server has one figure of messages per second, and a processor time that belongs to it.</summary>
    public static Round RoundOf(Cell cell, int number, params double[] rates) => new()
    {
        Cell = cell,
        Number = number,
        Attempt = 1,
        SpeedBefore = 1000,
        SpeedAfter = 1000,
        Runs = [.. rates.Select((rate, index) => RunOf(cell, index, rate))],
    };

    public static Run RunOf(Cell cell, int server, double rate) => new()
    {
        Server = s_servers[server],
        ServerNumber = server,
        IsSteady = true,
        Rates = cell.Kind == LoadKind.StartUp ? [.. Enumerable.Range(1, 10).Select(second => rate * second / 10)] : [],
        Figures = new Dictionary<string, double>
        {
            [cell.MainKey] = rate,
            [cell.CpuKey] = 1e6 / rate,
            [Keys.P50] = 10,
            [Keys.P99] = 100,
            [Keys.P999] = 1000,
            [Keys.Max] = 5000,
            [Keys.Starved] = 0,
        },
    };

    /// <summary>One cell of each kind of load.</summary>
    public static Results All()
    {
        string[] names =
        [
            "64/32/1", "64/32/1@10000", "64/32/1@half", "connect:64", "idle:5000", "held:64", "udp:1/64/32", "work30:32/32/1",
            "start:1/32/1", "ping:1/32/1", "udp-send:1200", "udp-receive:1200",
        ];
        Round[] rounds =
        [
            .. names.Select(CellParser.Parse)
                .SelectMany(static cell => (Round[])[RoundOf(cell, 1, 100, 210), RoundOf(cell, 2, 90, 200)]),
        ];
        IReadOnlyList<CellSummary> cells = Summarizer.Summarize(rounds);
        return new Results
        {
            Commit = new Commit("0123abc", IsDirty: true),
            Machine = new MachineFacts("A <processor>", 2, "4.0", "a system", "6.18", "X64", ".NET", []),
            Started = DateTimeOffset.UnixEpoch,
            Duration = TimeSpan.FromSeconds(170),
            Arguments = ["--suite", "quick"],
            Suite = "quick",
            Timing = Suite.Quick.Timing,
            Pinning = "nothing is pinned",
            Generator = "a generator",
            Contestants = [.. s_servers.Select(static name => new Contestant(name, $"the server {name}", static (_, _) => null))],
            Rounds = rounds,
            Cells = cells,
            Verdict = Verdict.Of(cells, rounds, isComplete: true),
            IsClean = true,
        };
    }
}
