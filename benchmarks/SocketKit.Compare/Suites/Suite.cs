namespace SocketKit.Compare;

/// <summary>A cell, and how often all servers are measured in it.</summary>
internal sealed record Entry(Cell Cell, int Rounds);

/// <summary>How long one run warms up and measures.</summary>
/// <param name="Seconds">Of the measurement.</param>
/// <param name="LineSeconds">Between two looks at the rate while the server warms up.</param>
/// <param name="LongestWarmUp">In seconds. After it the run measures, and says that the server was not steady.</param>
internal sealed record Timing(double Seconds, double LineSeconds, double LongestWarmUp);

/// <summary>What is measured by one word on the command line.</summary>
/// <param name="Budget">The whole command ends in this time; null for as long as it takes.</param>
internal sealed record Suite(
    string Name, IReadOnlyList<Entry> Entries, IReadOnlyList<string> Servers, Timing Timing, TimeSpan? Budget)
{
    private const int QuickRounds = 3;
    private const int FullRounds = 5;

    /// <summary>The two sides differ by less than the rounds do.</summary>
    private const int TlsRounds = 11;

    public static Suite Quick { get; } = new(
        "quick",
        [.. EntriesOf(QuickRounds, "64/32/1", "1/32/1", "64/32/1@10000")],
        ["raw", "portable", "epoll", "c"],
        new Timing(Seconds: 1, LineSeconds: 0.25, LongestWarmUp: 5),
        TimeSpan.FromMinutes(3));

    /// <summary>Where half of a peak is needed, its closed loop comes first.</summary>
    public static Suite Full { get; } = new(
        "full",
        [
            .. EntriesOf(FullRounds, "64/32/1", "1/32/1", "8/32/1", "64/1024/1", "64/16384/1", "1024/32/1", "64/32/16"),
            .. EntriesOf(FullRounds, "64/32/1@10000", "64/32/1@half", "connect:64", "udp:1/64/32"),
            .. EntriesOf(QuickRounds, "idle:5000", "work3:32/32/1", "work30:32/32/1", "work300:32/32/1", "work1000:32/32/1"),
            .. EntriesOf(QuickRounds, "held:64", "ping:1/32/1", "start:1/32/1", "start:64/32/1"),
        ],
        Quick.Servers,
        new Timing(Seconds: 1.5, LineSeconds: 0.5, LongestWarmUp: 10),
        Budget: null);

    public static Suite Tls { get; } = new(
        "tls",
        [
            .. EntriesOf(TlsRounds, "tls:64/1024/1", "tls:64/16384/1", "handshake:4", "resume:4"),
            .. EntriesOf(QuickRounds, "tls-idle:1000"),
        ],
        ["sslstream", "portable", "epoll"],
        Full.Timing,
        Budget: null);

    public static Suite Datagrams { get; } = new(
        "datagrams",
        [.. EntriesOf(FullRounds, "udp:1/64/32", "udp:1/1200/32", "udp:1/64/1", "udp-send:1200", "udp-send-gro:1200", "udp-receive:1200")],
        ["raw", "portable", "epoll", "epoll-batch", "epoll-offload", "c", "c-batch", "c-offload"],
        Full.Timing,
        Budget: null);

    /// <exception cref="FormatException">There is no such suite.</exception>
    public static Suite Named(string name) => name switch
    {
        "quick" => Quick,
        "full" => Full,
        "tls" => Tls,
        "datagrams" => Datagrams,
        _ => throw new FormatException($"--suite {name}: it is quick, full, tls or datagrams."),
    };

    private static IEnumerable<Entry> EntriesOf(int rounds, params string[] cells) =>
        cells.Select(cell => new Entry(CellParser.Parse(cell), rounds));
}
