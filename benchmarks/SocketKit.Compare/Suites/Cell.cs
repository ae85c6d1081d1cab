using System.Globalization;

namespace SocketKit.Compare;

/// <summary>One load: its kind and its size. Its name is what <c>--cell</c> takes.</summary>
internal sealed record Cell(LoadKind Kind, int Connections, int Size = 1, int Depth = 1)
{
    /// <summary>Milliseconds for which each held handler sleeps.</summary>
    public const int HeldMilliseconds = 5;

    /// <summary>Connections beside the held ones.</summary>
    public const int Neighbours = 8;

    /// <summary>Datagrams per second that are sent to a receiver, if the cell does not say.</summary>
    public const int ReceiveRate = 100_000;

    /// <summary>Datagrams that are sent to a receiver as one run.</summary>
    public const int ReceiveRun = 32;

    /// <summary>Messages per second at a fixed rate; null for half of what the first server reaches in a closed loop.</summary>
    public double? Rate { get; init; }

    /// <summary>Microseconds that a handler computes before it answers.</summary>
    public int WorkMicroseconds { get; init; }

    /// <summary>Whether the connections speak TLS.</summary>
    public bool IsTls { get; init; }

    /// <summary>Whether each handshake but a client's first one resumes a session.</summary>
    public bool Resumes { get; init; }

    /// <summary>Whether the receiver of datagrams takes runs as one.</summary>
    public bool IsGro { get; init; }

    /// <summary>Whether datagrams go one way, to a receiver that counts them.</summary>
    public bool IsOneWay => Kind is LoadKind.Send or LoadKind.Receive;

    /// <summary>Whether the server takes datagrams, so that nobody can connect to it.</summary>
    public bool IsDatagram => IsOneWay || Kind == LoadKind.Datagrams;

    /// <summary>The closed loop with the same connections, for half of its rate.</summary>
    public Cell ClosedLoop => new(LoadKind.Echo, Connections, Size, Depth);

    /// <summary>Whether server and generator get a processor each, where the system can pin them.</summary>
    public bool IsPinned => Kind is not (LoadKind.Work or LoadKind.Held);

    /// <summary>The unit of what is counted in this cell.</summary>
    public string Unit => Kind == LoadKind.Connect ? "conn" : "msg";

    /// <summary>The generator's key of the main figure.</summary>
    public string MainKey => Kind switch
    {
        LoadKind.Idle => Keys.BytesPerConnection,
        LoadKind.Held => Keys.HandlersPerSecond,
        _ => Keys.PerSecond(Unit),
    };

    /// <summary>The key of the processor time for one message or connection: the server's, or that of a sender that is compared.</summary>
    public string CpuKey => Kind == LoadKind.Send ? Keys.SenderCpu : Keys.Cpu(Unit);

    public string Name => Kind switch
    {
        LoadKind.Echo => IsTls ? $"tls:{Shape}" : Shape,
        LoadKind.FixedRate => $"{Shape}@{(Rate is { } rate ? rate.ToString("F0", CultureInfo.InvariantCulture) : "half")}",
        LoadKind.Connect => Text.Of($"{(Resumes ? "resume" : IsTls ? "handshake" : "connect")}:{Connections}"),
        LoadKind.Idle => Text.Of($"{(IsTls ? "tls-idle" : "idle")}:{Connections}"),
        LoadKind.Held => Text.Of($"held:{Connections}"),
        LoadKind.Datagrams => $"udp:{Shape}",
        LoadKind.Work => Text.Of($"work{WorkMicroseconds}:{Shape}"),
        LoadKind.StartUp => $"start:{Shape}",
        LoadKind.Send => Text.Of($"udp-send{(IsGro ? "-gro" : string.Empty)}:{Size}"),
        LoadKind.Receive when Rate is { } rate && rate != ReceiveRate => Text.Of($"udp-receive:{Size}@{rate:F0}"),
        LoadKind.Receive => Text.Of($"udp-receive:{Size}"),
        _ => $"ping:{Shape}",
    };

    public string Title => Kind switch
    {
        LoadKind.Echo => $"{(IsTls ? "TLS, " : string.Empty)}{Many("connection")}, {Bytes}, {InFlight}",
        LoadKind.FixedRate when Rate is { } rate => Text.Of($"{Many("connection")}, {Bytes}, {rate:N0} messages per second"),
        LoadKind.FixedRate => $"{Many("connection")}, {Bytes}, half of the first server's peak",
        LoadKind.Connect when IsTls => Text.Of(
            $"connect, {(Resumes ? "resumed session of TLS" : "full handshake of TLS")}, one message, close; {Connections:N0} at a time"),
        LoadKind.Connect => Text.Of($"connect, one message, close; {Connections:N0} at a time"),
        LoadKind.Idle when IsTls => $"{Many("connection")} of TLS that say nothing after one message of 64 B",
        LoadKind.Idle => $"{Many("connection")} that say nothing",
        LoadKind.Held => Text.Of($"{Many("handler")} that sleep {HeldMilliseconds} ms, {Neighbours} neighbours; nothing pinned"),
        LoadKind.Datagrams => $"UDP, {Many("socket")}, {Bytes}, {InFlight}",
        LoadKind.Work => Text.Of($"{WorkMicroseconds:N0} µs of work for each message, {Many("connection")}, {Bytes}; nothing pinned"),
        LoadKind.StartUp => $"the first seconds, {Many("connection")}, {Bytes}, {InFlight}",
        LoadKind.Send => $"UDP sent one way, {Bytes}, to a receiver in C that takes {(IsGro ? "runs as one" : "each datagram by itself")}",
        LoadKind.Receive => Text.Of($"UDP received, {Bytes}, {Rate:N0} datagrams per second from C in runs of {SegmentsOfRun}"),
        _ => $"ping-pong client, {Many("connection")}, {Bytes}",
    };

    /// <summary>Datagrams that go to a receiver as one run.</summary>
    public int SegmentsOfRun => DatagramPrograms.SegmentsOf(Size, ReceiveRun);

    private string Shape => Text.Of($"{Connections}/{Size}/{Depth}");

    private string Bytes => Text.Of($"{Size:N0} B");

    private string InFlight => Text.Of($"{Depth:N0} in flight") + (Connections > 1 ? " each" : string.Empty);

    public override string ToString() => Name;

    private string Many(string thing) => Text.Of($"{Connections:N0} {thing}{(Connections == 1 ? string.Empty : "s")}");
}
