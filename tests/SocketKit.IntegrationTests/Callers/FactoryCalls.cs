using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Callers;

/// <summary>Every factory call that takes options, on one engine, with peers to connect to.</summary>
internal sealed class FactoryCalls : IDisposable
{
    private readonly SocketEngine _engine;
    private readonly string _folder;
    private readonly TcpServer _tcp;
    private readonly UdpEndpoint _udp;
    private readonly UnixServer? _unix;
    private readonly UnixDatagramEndpoint? _unixDatagram;

    public FactoryCalls(SocketEngine engine, string folder)
    {
        _engine = engine;
        _folder = folder;
        _tcp = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Engine = engine });
        _udp = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), new UdpEndpointOptions { Engine = engine });
        if (OperatingSystem.IsLinux())
        {
            _unix = UnixServer.Listen(PathOf("server"), new UnixServerOptions { Engine = engine });
            _unixDatagram = UnixDatagramEndpoint.Bind(PathOf("datagrams"), new UnixDatagramOptions { Engine = engine });
        }
    }

    /// <summary>The calls by name. Each hands its options to the given action, and returns what it made.</summary>
    public IEnumerable<(string Name, Func<Action<SocketOptions>, Task<IDisposable>> Call)> All => OperatingSystem.IsLinux()
        ? [.. Internet, .. Icmp, .. Unix]
        : [.. Internet];

    /// <summary>The file that a Unix server or endpoint of the calls makes.</summary>
    public string NewPath => PathOf("new");

    public void Dispose()
    {
        _tcp.Dispose();
        _udp.Dispose();
        _unix?.Dispose();
        _unixDatagram?.Dispose();
    }

    private IPEndPoint Free => new(IPAddress.Loopback, 0);

    private (string Name, Func<Action<SocketOptions>, Task<IDisposable>> Call)[] Internet =>
    [
        ("TcpServer.Listen(IPEndPoint)", set => Now(() => TcpServer.Listen(Free, Set<TcpServerOptions>(set)))),
        ("TcpServer.Listen(int)", set => Now(() => TcpServer.Listen(0, Set<TcpServerOptions>(set)))),
        ("TcpServer.Listen(string, int)", set => Now(() => TcpServer.Listen("127.0.0.1", 0, Set<TcpServerOptions>(set)))),
        ("TcpClient.Connect(IPEndPoint)", set => Now(() => SocketKit.TcpClient.Connect(_tcp.LocalEndPoint, Set<TcpClientOptions>(set)))),
        ("TcpClient.Connect(string, int)", set => Now(
            () => SocketKit.TcpClient.Connect("localhost", _tcp.Port, Set<TcpClientOptions>(set)))),
        ("TcpClient.ConnectAsync(IPEndPoint)", async set =>
            await SocketKit.TcpClient.ConnectAsync(_tcp.LocalEndPoint, Set<TcpClientOptions>(set))),
        ("TcpClient.ConnectAsync(string, int)", async set =>
            await SocketKit.TcpClient.ConnectAsync("localhost", _tcp.Port, Set<TcpClientOptions>(set))),
        ("TcpClient.TryConnect(IPEndPoint)", set => Now(
            () => ClientOf(SocketKit.TcpClient.TryConnect(_tcp.LocalEndPoint, Set<TcpClientOptions>(set))))),
        ("TcpClient.TryConnect(string, int)", set => Now(
            () => ClientOf(SocketKit.TcpClient.TryConnect("localhost", _tcp.Port, Set<TcpClientOptions>(set))))),
        ("TcpClient.TryConnectAsync(IPEndPoint)", async set =>
            ClientOf(await SocketKit.TcpClient.TryConnectAsync(_tcp.LocalEndPoint, Set<TcpClientOptions>(set)))),
        ("TcpClient.TryConnectAsync(string, int)", async set =>
            ClientOf(await SocketKit.TcpClient.TryConnectAsync("localhost", _tcp.Port, Set<TcpClientOptions>(set)))),
        ("TcpConnection.CreatePair", set => Now(() => Pair.Of(TcpConnection.CreatePair(Set<TcpClientOptions>(set))))),
        ("UdpEndpoint.Bind(IPEndPoint)", set => Now(() => UdpEndpoint.Bind(Free, Set<UdpEndpointOptions>(set)))),
        ("UdpEndpoint.Bind(int)", set => Now(() => UdpEndpoint.Bind(0, Set<UdpEndpointOptions>(set)))),
        ("UdpEndpoint.Bind(string, int)", set => Now(() => UdpEndpoint.Bind("127.0.0.1", 0, Set<UdpEndpointOptions>(set)))),
        ("UdpEndpoint.Connect(IPEndPoint)", set => Now(() => UdpEndpoint.Connect(_udp.LocalEndPoint, Set<UdpEndpointOptions>(set)))),
        ("UdpEndpoint.Connect(string, int)", set => Now(
            () => UdpEndpoint.Connect("localhost", _udp.Port, Set<UdpEndpointOptions>(set)))),
        ("UdpEndpoint.ConnectAsync", async set => await UdpEndpoint.ConnectAsync("localhost", _udp.Port, Set<UdpEndpointOptions>(set))),
    ];

    private (string Name, Func<Action<SocketOptions>, Task<IDisposable>> Call)[] Icmp =>
    [
        .. MayOpen(static () => RawEndpoint.OpenIcmp())
            ? [("RawEndpoint.OpenIcmp", set => Now(() => RawEndpoint.OpenIcmp(options: Set<RawEndpointOptions>(set))))]
            : Array.Empty<(string Name, Func<Action<SocketOptions>, Task<IDisposable>> Call)>(),
        .. MayOpen(static () => RawEndpoint.Open(AddressFamily.InterNetwork, ProtocolType.Icmp))
            ? [("RawEndpoint.Open", set => Now(
                () => RawEndpoint.Open(AddressFamily.InterNetwork, ProtocolType.Icmp, Set<RawEndpointOptions>(set))))]
            : Array.Empty<(string Name, Func<Action<SocketOptions>, Task<IDisposable>> Call)>(),
    ];

    private (string Name, Func<Action<SocketOptions>, Task<IDisposable>> Call)[] Unix =>
    [
        ("UnixServer.Listen", set => Now(() => UnixServer.Listen(NewPath, Set<UnixServerOptions>(set)))),
        ("UnixClient.Connect", set => Now(() => UnixClient.Connect(PathOf("server"), Set<UnixClientOptions>(set)))),
        ("UnixClient.ConnectAsync", async set => await UnixClient.ConnectAsync(PathOf("server"), Set<UnixClientOptions>(set))),
        ("UnixClient.TryConnect", set => Now(
            () => UnixClient.TryConnect(PathOf("server"), Set<UnixClientOptions>(set)).Client ?? throw NoClient())),
        ("UnixClient.TryConnectAsync", async set =>
            (await UnixClient.TryConnectAsync(PathOf("server"), Set<UnixClientOptions>(set))).Client ?? throw NoClient()),
        ("UnixConnection.CreatePair", set => Now(() => Pair.Of(UnixConnection.CreatePair(Set<UnixClientOptions>(set))))),
        ("UnixDatagramEndpoint.Bind", set => Now(() => UnixDatagramEndpoint.Bind(NewPath, Set<UnixDatagramOptions>(set)))),
        ("UnixDatagramEndpoint.Connect", set => Now(
            () => UnixDatagramEndpoint.Connect(PathOf("datagrams"), Set<UnixDatagramOptions>(set)))),
        ("UnixDatagramEndpoint.ConnectAsync", async set =>
            await UnixDatagramEndpoint.ConnectAsync(PathOf("datagrams"), Set<UnixDatagramOptions>(set))),
        ("UnixSequencedServer.Listen", set => Now(() => UnixSequencedServer.Listen(NewPath, Set<UnixSequencedServerOptions>(set)))),
        ("UnixDatagramEndpoint.CreatePair", set => Now(() => Pair.Of(UnixDatagramEndpoint.CreatePair(Set<UnixDatagramOptions>(set))))),
    ];

    private static Task<IDisposable> Now(Func<IDisposable> make) => Task.FromResult(make());

    private static bool MayOpen(Func<RawEndpoint> open)
    {
        try
        {
            open().Dispose();
            return true;
        }
        catch (SocketException)
        {
            // No right to such sockets.
            return false;
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    private TOptions Set<TOptions>(Action<SocketOptions> set)
        where TOptions : SocketOptions, new()
    {
        var options = new TOptions { Engine = _engine };
        set(options);
        return options;
    }

    private static SocketKit.TcpClient ClientOf(ConnectResult result) => result.Client ?? throw NoClient();

    private static InvalidOperationException NoClient() => new("There is neither a client nor an exception.");

    private sealed class Pair(SocketBase first, SocketBase second) : IDisposable
    {
        public static Pair Of<TSocket>((TSocket First, TSocket Second) ends)
            where TSocket : SocketBase => new(ends.First, ends.Second);

        public void Dispose()
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
