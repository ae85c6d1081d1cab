using System.Net.Sockets;
using SocketKit.Diagnostics;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>A server that serves as many connections as it may.</summary>
public abstract class FullTests<TEngine> : LimitTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Most = 3;

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task A_full_server_rejects_and_counts_and_serves_again_when_one_has_left(string transport)
    {
        await using LimitedServer server = Start(transport, EchoAsync, static values => values.MaxConnections = Most);
        Socket[] served = [.. Enumerable.Range(0, Most).Select(_ => server.Connect())];
        Array.ForEach(served, Exchange);

        for (int i = 0; i < 10; i++)
        {
            using Socket rejected = server.Connect();
            IsRefused(rejected).Should().BeTrue();
        }

        ServerStatistics full = server.GetStatistics();
        (full.ActiveConnections, full.AcceptedTotal, full.RejectedTotal, full.IsPaused).Should().Be((Most, Most, 10, false));
        served[0].Dispose();
        await EndedAsync(server, Most - 1);
        using Socket next = server.Connect();
        Exchange(next);
        server.GetStatistics().AcceptedTotal.Should().Be(Most + 1);
        server.Log.Complaints.Should().ContainSingle("at most one line per five seconds").Which.Text.Should().Contain("MaxConnections");
        Array.ForEach(served, static socket => socket.Dispose());
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task A_full_server_that_pauses_serves_everybody_in_turn(string transport)
    {
        await using LimitedServer server = Start(transport, EchoAsync, Pause);
        var clients = new Queue<Socket>(Enumerable.Range(0, 4 * Most).Select(_ => server.Connect()));
        await Eventually.BeTrueAsync(() => server.GetStatistics().IsPaused, "the server is full");
        (server.ConnectionCount, server.GetStatistics().AcceptedTotal).Should().Be((Most, Most));

        for (int served = 1; clients.TryDequeue(out Socket? first); served++)
        {
            // The kernel gives connections in their order.
            Exchange(first);
            server.ConnectionCount.Should().BeLessThanOrEqualTo(Most);
            first.Dispose();
            int ended = served;
            await Eventually.BeTrueAsync(
                () => server.GetStatistics().ClosedTotal.Values.Sum() == ended, "the handler has ended");
        }

        await Eventually.BeTrueAsync(() => !server.GetStatistics().IsPaused, "there is room");
        ServerStatistics end = server.GetStatistics();
        (end.AcceptedTotal, end.RejectedTotal).Should().Be((4 * Most, 0));
        server.Log.Complaints.Should().OnlyContain(static line => line.Id.Id == EventIds.AcceptPaused);
        server.Log.Complaints.Should().ContainSingle("at most one line per five seconds");
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("stop with a drain")]
    [InlineData("dispose")]
    public async Task A_server_stops_while_it_pauses(string how)
    {
        await using LimitedServer server = Start(LimitedServer.Tcp, EchoAsync, Pause);
        Socket[] clients = [.. Enumerable.Range(0, 2 * Most).Select(_ => server.Connect())];
        await Eventually.BeTrueAsync(() => server.GetStatistics().IsPaused, "the server is full");

        switch (how)
        {
            case "stop":
                await server.StopAsync(TimeSpan.Zero).Within();
                break;
            case "dispose":
                server.Dispose();
                break;
            default:
                Task stopping = server.StopAsync(Limits.Hang);
                Array.ForEach(clients, static client => client.Dispose());
                await stopping.Within();
                break;
        }

        await server.Serving.Within();
        server.GetStatistics().IsPaused.Should().BeFalse("the accept loop has ended");
        server.GetStatistics().AcceptedTotal.Should().Be(Most);
        Array.ForEach(clients, static client => client.Dispose());
    }

    [Fact]
    public async Task The_token_of_ServeAsync_ends_it_while_it_pauses()
    {
        TcpServerOptions options = ServerOptions;
        (options.MaxConnections, options.WhenFull) = (1, WhenFull.Pause);
        using TcpServer server = Listen(options);
        using var source = new CancellationTokenSource();
        Task serving = server.ServeAsync(EchoAsync, source.Token);
        using TcpClient client = Connect(server);
        await Eventually.BeTrueAsync(() => server.GetStatistics().IsPaused, "the server is full");

        await source.CancelAsync();

        await serving.Within();
    }

    private static void Pause(LimitedServer.LimitValues values) =>
        (values.MaxConnections, values.WhenFull) = (Most, WhenFull.Pause);

    /// <summary>By a reset, or by an end where the transport has no reset.</summary>
    private static bool IsRefused(Socket client)
    {
        int received = client.Receive(new byte[1], SocketFlags.None, out SocketError error);
        return received == 0 && error is SocketError.Success or SocketError.ConnectionReset;
    }
}

public sealed class FullTests_Portable : FullTests<PortableUnderTest>;

public sealed class FullTests_Epoll : FullTests<EpollUnderTest>;
