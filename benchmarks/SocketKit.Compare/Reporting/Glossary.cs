namespace SocketKit.Compare;

/// <summary>A heading of a column, and what it means.</summary>
internal sealed record Term(string Name, string Meaning);

/// <summary>The meaning of every figure, in one place for <c>--help</c> and for all reports.</summary>
internal static class Glossary
{
    public const string Server = "server";
    public const string MessagesPerSecond = "msgs/s";
    public const string SentPerSecond = "sent/s";
    public const string ConnectionsPerSecond = "conns/s";
    public const string HandlersPerSecond = "handlers/s";
    public const string Bytes = "bytes/conn";
    public const string Range = "min – max";
    public const string Ratio = "ratio";
    public const string RatioOfRound = "of a round (min – max)";
    public const string Cpu = "CPU µs";
    public const string CpuRatio = "CPU ratio";
    public const string CpuOfRound = "CPU of a round";
    public const string P50 = "p50 µs";
    public const string P99 = "p99 µs";
    public const string P999 = "p99.9 µs";
    public const string Max = "max µs";
    public const string Starved = "starved";
    public const string Unanswered = "unanswered";
    public const string Lost = "lost";
    public const string Dropped = "dropped";
    public const string Received = "received";
    public const string LoadCpu = "generator";
    public const string Resumed = "resumed";
    public const string Second = "1 s … 10 s";
    public const string FirstSecond = "1 s";
    public const string Final = "final";
    public const string Runs = "runs";
    public const string Notes = "notes";

    public static IReadOnlyList<Term> Terms { get; } =
    [
        new(MessagesPerSecond, "echoes that came back in the measurement, per second: the median of all runs"),
        new(SentPerSecond, "datagrams that were sent in the measurement, per second, whether or not they arrived: the median"),
        new(ConnectionsPerSecond, "connections that were made, used for one message and closed, per second: the median"),
        new(HandlersPerSecond, "handlers that slept and answered, per second: the median; the latencies are those of the neighbours"),
        new(Bytes, "growth of the server's resident memory for each idle connection: the median"),
        new(Range, "the lowest and the highest run"),
        new(Ratio, "this median divided by the median of the first server"),
        new(RatioOfRound,
            "the median of the ratios within one round, and the lowest and highest of them; if 1 is between, no difference is shown"),
        new(Cpu,
            "processor time (user and system, all threads) of the server for each message or connection, or of a sender for each datagram: "
            + "the median"),
        new(CpuRatio, "the same divided by that of the first server"),
        new(CpuOfRound, "the median of the CPU ratios within one round, and the lowest and highest of them"),
        new(P50, "half of the echoes came back within this time; at a fixed rate it counts from when the message should have left"),
        new(P99, "99 of 100 echoes came back within this time"),
        new(P999, "999 of 1,000 echoes came back within this time"),
        new(Max, "the slowest echo"),
        new(Starved, "connections that got no echo in the measurement, in the worst run"),
        new(Unanswered,
            "messages at a fixed rate without an echo two seconds after the end, in the worst run; their age counts as latency"),
        new(Lost, "datagrams without an echo, in the worst run"),
        new(Received, "datagrams that the receiver took, of all that were sent from the first one on: the worst run"),
        new(Dropped,
            "datagrams of the measurement that the kernel dropped because the receiver's queue was full, in the worst run; several that "
            + "would have been received as one count once"),
        new(Resumed, "handshakes that resumed a session, of those that offered one: the worst run, from its first connection on"),
        new(LoadCpu, "processors that the generator used; near 1 it is the generator that limits the rate"),
        new(Second, "rate in that second of load, in parts of the final rate: the median"),
        new(Final, "messages per second after the first ten seconds: the median"),
        new(Runs, "runs that count"),
        new(Notes, "failed runs (not in the figures), and runs whose warm-up ended before the server was steady (in the figures)"),
    ];

    /// <summary>The terms that a table with these headings needs.</summary>
    public static IEnumerable<Term> TermsOf(IReadOnlySet<string> headers) =>
        Terms.Where(term => headers.Contains(term.Name == Second ? FirstSecond : term.Name));
}
