using System.Globalization;

namespace SocketKit.Compare;

/// <summary>All that can be compared by a name.</summary>
internal sealed class Catalog
{
    /// <summary>Microseconds that the server in C polls before it sleeps.</summary>
    public const string LimitSpins = "30";

    /// <summary>Of every server that lets one choose it.</summary>
    private const string BufferSize = "16384";

    /// <summary>Words that choose an engine. With more of them it is a variant, which does without the cells of TLS.</summary>
    private const int EngineChoice = 2;

    /// <summary>Of the echo server alone.</summary>
    private const string TelemetrySwitch = "--telemetry";

    /// <summary>Connections that an idle server allows beyond those of the cell.</summary>
    private const int SpareConnections = 1000;

    /// <summary>Seconds of warm-up of the clients that are compared, or that belong to one server. They cannot be watched.</summary>
    private const string ClientWarmUp = "3";

    /// <summary>End of the names of those in SocketKit.Peers that serve datagrams.</summary>
    private const string DatagramPeer = "-udp";

    private readonly Programs _programs;
    private readonly DatagramPrograms _datagrams;
    private readonly Contestant[] _known;

    public Catalog(Programs programs)
    {
        _programs = programs;
        _datagrams = new DatagramPrograms(programs);
        _known =
        [
            Plain("raw", "awaited calls on System.Net.Sockets.Socket, one loop per connection"),
            Plain("raw-sync", "blocking calls on Socket, one thread per connection"),
            Plain("networkstream", "TcpListener and NetworkStream, awaited"),
            Plain("saea", "SocketAsyncEventArgs with callbacks"),
            SslStream("sslstream", "SslStream over NetworkStream, awaited"),
            SslStream("sslstream-zero", "the same, waits with an empty read", "--wait", "zero"),
            Own("portable", "SocketKit on its portable engine", "--engine", "portable"),
            .. EpollServers(),
            .. Limit(),
            .. _datagrams.Known,
            .. Peers(),
        ];
    }

    public IEnumerable<Contestant> Known => _known;

    /// <summary>Whether there is a load generator that speaks TLS.</summary>
    public bool HasTlsGenerator => _programs.HasTls;

    /// <summary>Whether there is the program in C, without which no datagrams go one way.</summary>
    public bool HasNative => _programs.Native is not null;

    /// <exception cref="FormatException">There is no such server.</exception>
    public Contestant Named(string name) =>
        Array.Find(_known, contestant => contestant.Name == name)
        ?? throw new FormatException(
            $"--servers {name}: there are {string.Join(", ", _known.Select(static contestant => contestant.Name))}.");

    /// <summary>A server that somebody else wrote.</summary>
    /// <exception cref="FormatException">The text is not <c>name=program {port}</c>.</exception>
    public static Contestant OfCommand(string text)
    {
        int separator = text.IndexOf('=', StringComparison.Ordinal);
        if (separator <= 0 || !text.Contains("{port}", StringComparison.Ordinal))
        {
            throw new FormatException($"--command '{text}': it looks like 'name=program {{port}}'.");
        }

        List<string> command = CommandText.Split(text[(separator + 1)..]);
        return new Contestant(text[..separator], text[(separator + 1)..], (cell, port) => IsPlainEcho(cell) || cell.IsTls
            ? new Launch([.. command.Select(word => word.Replace("{port}", Number(port), StringComparison.Ordinal))], SaysReady: false)
            : null);
    }

    /// <summary>How long a client that is compared warms up and measures.</summary>
    public static string[] DurationOf(Timing timing) => ["--warmup", ClientWarmUp, "--seconds", Number(timing.Seconds)];

    private IEnumerable<Contestant> Peers() => _programs.PeerNames.Select(name => new Contestant(
        name, $"SocketKit.Peers {name}", (cell, port) => IsForPeer(name, cell)
            ? new Launch([_programs.Peers!, name, "--port", Number(port)])
            : null));

    private static bool IsForPeer(string name, Cell cell) =>
        name.EndsWith(DatagramPeer, StringComparison.Ordinal) ? cell.Kind == LoadKind.Datagrams : IsPlainEcho(cell);

    /// <summary>Cells that any TCP echo server can take part in.</summary>
    private static bool IsPlainEcho(Cell cell) =>
        !cell.IsTls && cell.Kind is LoadKind.Echo or LoadKind.FixedRate or LoadKind.Connect or LoadKind.StartUp;

    private Contestant Plain(string name, string about) => new(name, about, (cell, port) => cell.Kind switch
    {
        _ when cell.IsTls => null,
        _ when cell.IsOneWay => _datagrams.Server(name, cell, port),
        LoadKind.Idle => name == "raw" ? Server("raw-idle", port) : null,
        LoadKind.Datagrams => name == "raw" ? Server("raw-udp", port) : null,
        LoadKind.Held => null,
        LoadKind.PingPong => name == "raw" ? PingPongServer(port) : null,
        _ => Server(name, port, ["--buffer", BufferSize, .. WorkOf(cell)]),
    })
    {
        Client = (cell, port, timing) => cell.Kind == LoadKind.PingPong
            ? PlainClient([_programs.Load, Generator.Word], cell, port, timing)
            : _datagrams.Sender(name, cell, port, DurationOf(timing)),
    };

    private Contestant SslStream(string name, string about, params string[] wait) => new(name, about, (cell, port) => cell switch
    {
        { IsTls: false } => null,
        { Kind: LoadKind.Idle } => wait.Length > 0 ? null : Server("sslstream", port, "--idle", "yes"),
        _ => Server("sslstream", port, ["--buffer", BufferSize, .. wait]),
    });

    private Contestant Own(string name, string about, params string[] engine) => new(name, about, (cell, port) => cell.Kind switch
    {
        _ when cell.IsTls && engine.Length > EngineChoice => null,
        _ when cell.IsOneWay => _datagrams.Server(name, cell, port),
        _ when engine.Contains(TelemetrySwitch) && !IsPlainEcho(cell) => null,
        LoadKind.Idle => Server(
            "tcp-idle", port, [.. engine, "--connections", Number(cell.Connections + SpareConnections), .. TlsOf(cell)]),
        LoadKind.Datagrams => engine.Contains("--dispatch") || engine.Contains("--limits") ? null : Server("udp-echo", port, engine),
        LoadKind.Held => Server("tcp-hold", port, engine),
        LoadKind.PingPong => engine.Contains("--limits") ? null : PingPongServer(port),
        _ => Server("tcp-echo", port, [.. engine, "--buffer", BufferSize, .. WorkOf(cell), .. TlsOf(cell)]),
    })
    {
        Client = (cell, port, timing) => cell.Kind switch
        {
            LoadKind.Held =>
            [
                _programs.Load, "client", "tcp-hold", "--port", Number(port), "--engine", "portable", "--held", Number(cell.Connections),
                "--milliseconds", Number(Cell.HeldMilliseconds), "--neighbours", Number(Cell.Neighbours), .. DurationOf(timing),
            ],
            LoadKind.PingPong =>
                [_programs.Load, "client", "tcp-echo", "--port", Number(port), .. engine, .. ShapeOf(cell), .. DurationOf(timing)],
            _ => _datagrams.Sender(name, cell, port, DurationOf(timing)),
        },
    };

    private IEnumerable<Contestant> EpollServers() => !OperatingSystem.IsLinux() ? [] :
    [
        Own("epoll", "SocketKit on its epoll engine", "--engine", "epoll"),
        Own("epoll-inline", "the same with Dispatch.Inline", "--engine", "epoll", "--dispatch", "inline"),
        Own("epoll-limits", "the same with all limits of a server", "--engine", "epoll", "--limits", "yes"),
        Own("epoll-telemetry", "the same with a listener on all telemetry", "--engine", "epoll", TelemetrySwitch, "yes"),
        Own("epoll-threadpool", "the same with Dispatch.ThreadPool", "--engine", "epoll", "--dispatch", "threadpool"),
        Pipe("epoll-pipe", "SocketKit on its epoll engine, an echo through the pipe of a connection"),
        Messages("epoll-messages", "SocketKit on its epoll engine, an echo of messages by TrySend"),
        Messages("epoll-messages-await", "the same with one awaited send per message", "--await", "yes"),
    ];

    private Contestant Pipe(string name, string about) => new(name, about, (cell, port) => IsPlainEcho(cell) || cell.Kind == LoadKind.Work
        ? Server("tcp-pipe", port, ["--engine", "epoll", .. WorkOf(cell)])
        : null);

    /// <summary>On the wire the messages of one size are the same as bytes.</summary>
    private Contestant Messages(string name, string about, params string[] options) => new(name, about, (cell, port) => cell.Kind switch
    {
        _ when cell.IsTls => null,
        LoadKind.Echo or LoadKind.FixedRate or LoadKind.Work =>
            Server("tcp-messages", port, ["--engine", "epoll", "--size", Number(cell.Size), .. options, .. WorkOf(cell)]),
        LoadKind.Idle when options.Length == 0 => Server(
            "tcp-idle", port, "--engine", "epoll", "--messages", "yes", "--connections", Number(cell.Connections + SpareConnections)),
        _ => null,
    });

    private IEnumerable<Contestant> Limit() => _programs.Native is not { } native ? [] :
    [
        new Contestant("c", "an epoll loop in C that spins for 30 µs before it sleeps: the limit of this machine", (cell, port) =>
            cell.IsTls || cell.Kind is LoadKind.Work or LoadKind.Held
                ? null
                : cell.IsOneWay ? _datagrams.Server("c", cell, port)
                : new Launch([native, "serve", cell.IsDatagram ? "--udp" : "--tcp", Number(port), "--spin-us", LimitSpins,
                    .. cell.IsDatagram ? [] : (string[])["--buffer", BufferSize]]))
        {
            Client = (cell, port, timing) => cell.Kind == LoadKind.PingPong
                ? PlainClient([native], cell, port, timing)
                : _datagrams.Sender("c", cell, port, DurationOf(timing)),
        },
    ];

    private static List<string> PlainClient(IEnumerable<string> program, Cell cell, int port, Timing timing) =>
        [.. program, "echo", "--tcp", Number(port), .. ShapeOf(cell), .. DurationOf(timing)];

    /// <summary>The other side of the clients is always the same.</summary>
    private Launch PingPongServer(int port) => _programs.Native is { } native
        ? new Launch([native, "serve", "--tcp", Number(port), "--spin-us", LimitSpins])
        : Server("raw-sync", port);

    private Launch Server(string name, int port, params string[] options) =>
        new([_programs.Load, "server", name, "--port", Number(port), .. options]);

    private static string[] ShapeOf(Cell cell) =>
        ["--connections", Number(cell.Connections), "--size", Number(cell.Size), "--depth", Number(cell.Depth)];

    private static string[] TlsOf(Cell cell) => cell.IsTls ? ["--tls", "yes"] : [];

    private static string[] WorkOf(Cell cell) => cell.Kind == LoadKind.Work ? ["--work", Number(cell.WorkMicroseconds)] : [];

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
