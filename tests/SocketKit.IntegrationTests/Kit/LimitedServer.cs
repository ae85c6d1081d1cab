using System.Net;
using System.Net.Sockets;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// A server of either transport with the same limits, by a clock that the test moves. Its clients are plain sockets: they see what a peer
/// sees, and do what only a peer does.
/// </summary>
public abstract class LimitedServer : IAsyncDisposable
{
    public const string Tcp = "TCP";
    public const string Unix = "Unix";

    /// <summary>With limits that are a multiple of four seconds.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    public static string[] Names => OperatingSystem.IsLinux() ? [Tcp, Unix] : [Tcp];

    public static TheoryData<string> Transports => new(Names);

    internal ManualClock Clock { get; } = new();

    internal LogRecorder Log { get; } = new();

    public Task Serving { get; private protected set; } = Task.CompletedTask;

    public bool HasReset => this is OverTcp;

    public abstract EndPoint LocalEndPoint { get; }

    public abstract int ConnectionCount { get; }

    public abstract IReadOnlyCollection<StreamConnection> Connections { get; }

    public static LimitedServer Start(
        string transport, SocketEngine engine, Func<StreamConnection, CancellationToken, Task> handler, Action<LimitValues>? limit = null)
    {
        var values = new LimitValues();
        limit?.Invoke(values);
        return transport == Tcp ? new OverTcp(engine, values, handler) : new OverUnix(engine, values, handler);
    }

    public abstract ServerStatistics GetStatistics();

    /// <summary>A client; it may be refused at any time from now on.</summary>
    public abstract Socket Connect(int? receiveBufferSize = null);

    public abstract Task StopAsync(TimeSpan drain);

    public abstract void Dispose();

    /// <summary>A client that is being served, and its connection.</summary>
    public async Task<(Socket Peer, StreamConnection Served)> ConnectServedAsync(int? receiveBufferSize = null)
    {
        IReadOnlyCollection<StreamConnection> before = Connections;
        Socket peer = Connect(receiveBufferSize);
        StreamConnection? served = null;
        await Eventually.BeTrueAsync(
            () => (served = Connections.Except(before).SingleOrDefault()) is not null, "the client is served");
        await Clock.WaitedForAsync();
        return (peer, served!);
    }

    /// <summary>Lets the sweep look so many times.</summary>
    public void Look(int times)
    {
        for (int i = 0; i < times; i++)
        {
            Clock.Advance(s_look);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero).Within();
        await Serving.Within();
        GC.SuppressFinalize(this);
    }

    /// <summary>What a test sets of the options that both kinds of server have.</summary>
    public sealed class LimitValues
    {
        public int MaxConnections { get; set; } = 10_000;

        public WhenFull WhenFull { get; set; }

        public TimeSpan FirstByteTimeout { get; set; } = Timeout.InfiniteTimeSpan;

        public TimeSpan IdleTimeout { get; set; } = Timeout.InfiniteTimeSpan;

        public TimeSpan SendStallTimeout { get; set; } = Timeout.InfiniteTimeSpan;

        public int? SendBufferSize { get; set; }
    }

    private sealed class OverTcp : LimitedServer
    {
        private readonly TcpServer _server;

        public OverTcp(SocketEngine engine, LimitValues values, Func<StreamConnection, CancellationToken, Task> handler)
        {
            _server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions
            {
                Engine = engine,
                LoggerFactory = Log,
                Clock = Clock,
                MaxConnections = values.MaxConnections,
                WhenFull = values.WhenFull,
                FirstByteTimeout = values.FirstByteTimeout,
                IdleTimeout = values.IdleTimeout,
                SendStallTimeout = values.SendStallTimeout,
                SendBufferSize = values.SendBufferSize,
            });
            Serving = _server.ServeAsync(handler);
        }

        public override EndPoint LocalEndPoint => _server.LocalEndPoint;

        public override int ConnectionCount => _server.ConnectionCount;

        public override IReadOnlyCollection<StreamConnection> Connections => _server.Connections;

        public override ServerStatistics GetStatistics() => _server.GetStatistics();

        public override Socket Connect(int? receiveBufferSize)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            return ConnectTo(socket, _server.LocalEndPoint, receiveBufferSize);
        }

        public override Task StopAsync(TimeSpan drain) => _server.StopAsync(drain);

        public override void Dispose() => _server.Dispose();
    }

    private sealed class OverUnix : LimitedServer
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sk");
        private readonly UnixServer _server;

        public OverUnix(SocketEngine engine, LimitValues values, Func<StreamConnection, CancellationToken, Task> handler)
        {
            _server = UnixServer.Listen(Path.Combine(_folder.FullName, "s"), new UnixServerOptions
            {
                Engine = engine,
                LoggerFactory = Log,
                Clock = Clock,
                MaxConnections = values.MaxConnections,
                WhenFull = values.WhenFull,
                FirstByteTimeout = values.FirstByteTimeout,
                IdleTimeout = values.IdleTimeout,
                SendStallTimeout = values.SendStallTimeout,
                SendBufferSize = values.SendBufferSize,
            });
            Serving = _server.ServeAsync(handler);
        }

        public override EndPoint LocalEndPoint => _server.LocalEndPoint;

        public override int ConnectionCount => _server.ConnectionCount;

        public override IReadOnlyCollection<StreamConnection> Connections => _server.Connections;

        public override ServerStatistics GetStatistics() => _server.GetStatistics();

        public override Socket Connect(int? receiveBufferSize)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            return ConnectTo(socket, _server.LocalEndPoint, receiveBufferSize);
        }

        public override async Task StopAsync(TimeSpan drain)
        {
            await _server.StopAsync(drain);
            if (_folder.Exists)
            {
                _folder.Delete(recursive: true);
                _folder.Refresh();
            }
        }

        public override void Dispose() => _server.Dispose();
    }

    private static Socket ConnectTo(Socket socket, EndPoint server, int? receiveBufferSize)
    {
        if (receiveBufferSize is { } size)
        {
            socket.ReceiveBufferSize = size;
        }

        socket.ReceiveTimeout = socket.SendTimeout = (int)Limits.Hang.TotalMilliseconds;
        socket.Connect(server);
        return socket;
    }
}
