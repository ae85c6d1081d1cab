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

    internal ManualClock Clock { get; private init; } = new();

    internal LogRecorder Log { get; private init; } = new();

    public Task Serving { get; private init; } = Task.CompletedTask;

    public bool HasReset => this is Over<TcpConnection>;

    public abstract int ConnectionCount { get; }

    public abstract IReadOnlyCollection<StreamConnection> Connections { get; }

    public static LimitedServer Start(
        string transport, SocketEngine engine, Func<StreamConnection, CancellationToken, Task> handler, Action<LimitValues>? limit = null)
    {
        var values = new LimitValues();
        limit?.Invoke(values);
        return transport == Tcp ? OverTcp(engine, values, handler) : OverUnix(engine, values, handler);
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

    private static Over<TcpConnection> OverTcp(
        SocketEngine engine, LimitValues values, Func<StreamConnection, CancellationToken, Task> handler)
    {
        (ManualClock clock, var log) = (values.Clock ?? new(), new LogRecorder());
        TcpServer server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions
        {
            Engine = engine,
            LoggerFactory = log,
            Clock = clock,
            MaxConnections = values.MaxConnections,
            WhenFull = values.WhenFull,
            FirstByteTimeout = values.FirstByteTimeout,
            IdleTimeout = values.IdleTimeout,
            SendStallTimeout = values.SendStallTimeout,
            SendBufferSize = values.SendBufferSize,
        });
        return new Over<TcpConnection>(server, folder: null) { Clock = clock, Log = log, Serving = server.ServeAsync(handler) };
    }

    private static Over<UnixConnection> OverUnix(
        SocketEngine engine, LimitValues values, Func<StreamConnection, CancellationToken, Task> handler)
    {
        (ManualClock clock, var log) = (values.Clock ?? new(), new LogRecorder());
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sk");
        UnixServer server = UnixServer.Listen(Path.Combine(folder.FullName, "s"), new UnixServerOptions
        {
            Engine = engine,
            LoggerFactory = log,
            Clock = clock,
            MaxConnections = values.MaxConnections,
            WhenFull = values.WhenFull,
            FirstByteTimeout = values.FirstByteTimeout,
            IdleTimeout = values.IdleTimeout,
            SendStallTimeout = values.SendStallTimeout,
            SendBufferSize = values.SendBufferSize,
        });
        return new Over<UnixConnection>(server, folder) { Clock = clock, Log = log, Serving = server.ServeAsync(handler) };
    }

    /// <summary>What a test sets of the options that both kinds of server have.</summary>
    public sealed class LimitValues
    {
        /// <summary>Null: a clock of its own.</summary>
        internal ManualClock? Clock { get; set; }

        public int MaxConnections { get; set; } = 10_000;

        public WhenFull WhenFull { get; set; }

        public TimeSpan FirstByteTimeout { get; set; } = Timeout.InfiniteTimeSpan;

        public TimeSpan IdleTimeout { get; set; } = Timeout.InfiniteTimeSpan;

        public TimeSpan SendStallTimeout { get; set; } = Timeout.InfiniteTimeSpan;

        public int? SendBufferSize { get; set; }
    }

    /// <param name="server">Serves already.</param>
    /// <param name="folder">Holds the socket's file; null: there is none.</param>
    private sealed class Over<TConnection>(StreamServer<TConnection> server, DirectoryInfo? folder) : LimitedServer
        where TConnection : StreamConnection
    {
        public override int ConnectionCount => server.ConnectionCount;

        public override IReadOnlyCollection<StreamConnection> Connections => server.Connections;

        public override ServerStatistics GetStatistics() => server.GetStatistics();

        public override Socket Connect(int? receiveBufferSize)
        {
            EndPoint address = server.LocalEndPoint!;
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            if (receiveBufferSize is { } size)
            {
                socket.ReceiveBufferSize = size;
            }

            socket.ReceiveTimeout = socket.SendTimeout = (int)Limits.Hang.TotalMilliseconds;
            socket.Connect(address);
            return socket;
        }

        public override async Task StopAsync(TimeSpan drain)
        {
            await server.StopAsync(drain);
            if (folder is { Exists: true })
            {
                folder.Delete(recursive: true);
                folder.Refresh();
            }
        }

        public override void Dispose() => server.Dispose();
    }
}
