using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>What a server counts, compared with what has happened.</summary>
public abstract class StatisticsTests<TEngine> : LimitTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Rounds = 5;

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task Every_way_in_which_a_connection_ends_is_counted_once_by_its_reason_with_all_its_bytes(string transport)
    {
        var all = new ConcurrentQueue<StreamConnection>();
        await using LimitedServer server = Start(transport, HandleAsync, LimitEveryWay);
        await EndInEveryWayAsync(server, Rounds);

        ServerStatistics before = server.GetStatistics();
        (Socket last, StreamConnection _) = await server.ConnectServedAsync();
        using (last)
        {
            Say(last, 'e');
            server.GetStatistics().ActiveConnections.Should().Be(1);
            await server.StopAsync(TimeSpan.Zero).Within();
            await server.Serving.Within();
        }

        ServerStatistics after = server.GetStatistics();
        (before.ActiveConnections, before.AcceptedTotal, after.ActiveConnections).Should().Be((0, 6 * Rounds, 0));
        (after.AcceptedTotal, after.RejectedTotal, after.AcceptErrors).Should().Be((all.Count, 0, 0));
        after.BytesReceived.Should().Be(all.Sum(static connection => connection.BytesReceived)).And.Be(all.Count);
        after.BytesSent.Should().Be(all.Sum(static connection => connection.BytesSent));
        after.ClosedTotal.Should().BeEquivalentTo(
            Enum.GetValues<CloseReason>().ToDictionary(
                static reason => reason, reason => (long)all.Count(connection => connection.CloseReason == reason)));
        after.ClosedTotal[CloseReason.IdleTimeout].Should().Be(Rounds);
        after.ClosedTotal[CloseReason.SlowPeer].Should().Be(Rounds);
        after.ClosedTotal[CloseReason.PeerReset].Should().Be(server.HasReset ? Rounds : 0);

        Task HandleAsync(StreamConnection connection, CancellationToken token)
        {
            all.Enqueue(connection);
            return ObeyAsync(connection, token);
        }
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task Bytes_of_connections_that_are_being_served_are_in_it(string transport)
    {
        await using LimitedServer server = Start(transport, EchoAsync, static _ => { });
        var peers = new List<Socket>();
        long bytes = 0;
        for (int i = 1; i <= 10; i++)
        {
            Socket peer = server.Connect();
            peers.Add(peer);
            foreach (Socket each in peers)
            {
                Exchange(each);
                bytes++;
            }

            server.GetStatistics().BytesReceived.Should().Be(bytes);
            await Eventually.BeTrueAsync(() => server.GetStatistics().BytesSent == bytes, "the last send is counted when it returns");
        }

        foreach (Socket peer in peers)
        {
            peer.Dispose();
            (server.GetStatistics().BytesReceived, server.GetStatistics().BytesSent).Should().Be((bytes, bytes));
        }
    }

    /// <summary>A reader that adds up its connections while they end would count some twice, or not at all.</summary>
    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task Counts_never_go_back_and_always_add_up_while_connections_come_and_go(string transport)
    {
        await using LimitedServer server = Start(transport, EchoAsync, static _ => { });
        using var done = new CancellationTokenSource();
        Task<int> reading = Limits.OnThread(() =>
        {
            int looks = 0;
            ServerStatistics last = server.GetStatistics();
            while (!done.IsCancellationRequested)
            {
                ServerStatistics now = server.GetStatistics();
                now.AcceptedTotal.Should().Be(now.ActiveConnections + now.ClosedTotal.Values.Sum());
                now.AcceptedTotal.Should().BeGreaterThanOrEqualTo(last.AcceptedTotal);
                now.BytesReceived.Should().BeGreaterThanOrEqualTo(last.BytesReceived);
                now.BytesSent.Should().BeGreaterThanOrEqualTo(last.BytesSent);
                last = now;
                looks++;
            }

            return looks;
        });
        for (int i = 0; i < 500; i++)
        {
            using Socket peer = server.Connect();
            Exchange(peer);
        }

        await done.CancelAsync();

        (await reading.Within()).Should().BePositive();
        await EndedAsync(server);
        (server.GetStatistics().AcceptedTotal, server.GetStatistics().BytesReceived).Should().Be((500, 500));
    }

    /// <summary>A call of another thread may be under way while the handler ends, and count its bytes a moment later.</summary>
    [Fact]
    public async Task Bytes_that_are_counted_while_a_connection_ends_stay_in_the_sums()
    {
        TcpServer? server = null;
        ServerStatistics? during = null;
        using var log = new ClosingLog(() =>
        {
            StreamConnection served = server!.Connections.Single();
            served.Channel.ContinueCounts(served.BytesReceived + 5, served.BytesSent + 7);
            during = server.GetStatistics();
        });
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = log;
        server = Listen(options);
        Task serving = server.ServeAsync(EchoAsync);
        using (TcpClient client = Connect(server))
        {
            client.Send("x"u8);
            client.Receive(new byte[1]).Should().Be(1);
        }

        await Eventually.BeAsync(() => server.ConnectionCount, 0, "the handler has ended");
        ServerStatistics after = server.GetStatistics();

        (during!.ActiveConnections, during.BytesReceived, during.BytesSent).Should().Be((1, 6, 8));
        (after.ActiveConnections, after.BytesReceived, after.BytesSent).Should().Be((0, 6, 8));
        await server.StopAsync().Within();
        await serving.Within();
    }

    /// <summary>While it is made no connection can come or go.</summary>
    [Fact]
    public async Task A_snapshot_of_many_connections_is_a_single_copy()
    {
        const int Clients = 500;
        await using LimitedServer server = Start(LimitedServer.Tcp, ReadAsync, static _ => { });
        Socket[] peers = [.. Enumerable.Range(0, Clients).Select(_ => server.Connect())];
        await Eventually.BeAsync(() => server.ConnectionCount, Clients, "all are served");
        server.GetStatistics().ActiveConnections.Should().Be(Clients);

        long before = GC.GetAllocatedBytesForCurrentThread();
        server.GetStatistics();
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        bytes.Should().BeInRange(Clients * IntPtr.Size, Clients * IntPtr.Size * 3 / 2);
        Array.ForEach(peers, static peer => peer.Dispose());
    }

    /// <summary>The wait accepts it, and keeps it for the next accept, which never comes.</summary>
    [Fact]
    public async Task A_client_that_was_accepted_for_nobody_is_rejected_by_the_stop()
    {
        using TcpServer server = Listen();
        using TcpClient client = Connect(server);
        await server.WaitReadableAsync().Within();
        server.GetStatistics().RejectedTotal.Should().Be(0);

        await server.StopAsync().Within();

        server.GetStatistics().RejectedTotal.Should().Be(1);
        await Expect.Disconnected(client.ReceiveAsync(new byte[1]).AsTask());
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task Each_close_is_one_line_with_reason_duration_and_both_counts(string transport)
    {
        await using LimitedServer server = Start(transport, EchoAsync, static values => values.IdleTimeout = TimeSpan.FromSeconds(8));
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            Exchange(peer);
            await Eventually.BeTrueAsync(() => served.BytesSent == 1 && !served.Channel.IsSending, "the answer was sent");
            LookUntilClosed(server, served).Should().Be(9);
            await EndedAsync(server);
        }

        string line = server.Log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.ConnectionClosed).Which.Text;
        line.Should().Be($"Connection {served.Id} closed: IdleTimeout, after 00:00:09; received 1 bytes, sent 1 bytes.");
    }

    [Fact]
    public async Task Before_it_serves_and_after_it_has_stopped_a_server_tells_what_it_knows()
    {
        TcpServer server = Listen();
        ServerStatistics first = server.GetStatistics();
        Task serving = server.ServeAsync(EchoAsync);
        using (TcpClient client = Connect(server))
        {
            client.Send("x"u8);
            client.Receive(new byte[1]).Should().Be(1);
        }

        await server.StopAsync().Within();
        await serving.Within();
        await server.DisposeAsync();
        ServerStatistics last = server.GetStatistics();

        (first.ActiveConnections, first.AcceptedTotal, first.ClosedTotal.Values.Sum()).Should().Be((0, 0, 0));
        first.ClosedTotal.Should().HaveCount(Enum.GetValues<CloseReason>().Length);
        (last.ActiveConnections, last.AcceptedTotal, last.BytesReceived, last.BytesSent).Should().Be((0, 1, 1, 1));
        last.ClosedTotal[CloseReason.PeerFinished].Should().Be(1);
    }

    /// <summary>Calls back before a connection that has ended is counted as closed.</summary>
    private sealed class ClosingLog(Action closing) : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == EventIds.ConnectionClosed)
            {
                closing();
            }
        }

        public void Dispose()
        {
        }
    }
}

public sealed class StatisticsTests_Portable : StatisticsTests<PortableUnderTest>;

public sealed class StatisticsTests_Epoll : StatisticsTests<EpollUnderTest>;

public sealed class StatisticsTests_PortableWrapped : StatisticsTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class StatisticsTests_EpollWrapped : StatisticsTests<WrappedUnderTest<EpollUnderTest>>;
