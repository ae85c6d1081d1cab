using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Telemetry;

namespace SocketKit.IntegrationTests.Telemetry;

/// <summary>What is measured of connections that are served, compared with what has happened.</summary>
[Collection(Serial.Name)]
public abstract class ServerMeasureTests<TEngine> : TelemetryTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Rounds = 3;

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task Every_way_in_which_a_connection_ends_is_measured_as_the_statistics_count_it(string transport)
    {
        using var meter = new MeterRecorder();
        await using LimitedServer server = Start(transport, ObeyAsync, LimitEveryWay);
        (string, object?) own = TagOf(server.LocalEndPoint);
        await EndInEveryWayAsync(server, Rounds);

        meter.Sum(Active, own).Should().Be(0);
        (Socket last, StreamConnection _) = await server.ConnectServedAsync();
        using (last)
        {
            Say(last, 'e');
            meter.Sum(Active, own).Should().Be(1);
            await server.StopAsync(TimeSpan.Zero).Within();
            await server.Serving.Within();
        }

        meter.Sum(Active, own).Should().Be(0);
        meter.Lowest(Active, own).Should().Be(0);
        ServerStatistics counted = server.GetStatistics();
        meter.Of(Active, own).Count(static measured => measured.Value > 0).Should().Be((int)counted.AcceptedTotal);
        foreach (var reasons in counted.ClosedTotal.GroupBy(static pair => TypeOf(pair.Key)))
        {
            meter.Of(Duration, own, Error(reasons.Key)).Should().HaveCount((int)reasons.Sum(static pair => pair.Value), reasons.Key);
        }

        meter.Of(Duration, own, Error("idle_timeout")).Should().HaveCount(Rounds)
            .And.OnlyContain(static measured => measured.Value >= 8, "by the clock of the server");
        meter.Of(Duration, own, Error("slow_peer")).Should().HaveCount(Rounds);
        meter.Of(Duration, own, Error("peer_reset")).Should().HaveCount(server.HasReset ? Rounds : 0);
        meter.Of(Duration, own, Error("local_abort")).Should().HaveCount(Rounds, "a handler that fails aborts its connection");
        meter.Of(Rejections, own).Should().BeEmpty();
        meter.Of(AcceptErrors, own).Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task A_listener_that_comes_in_the_middle_never_sees_a_count_below_zero(string transport)
    {
        await using LimitedServer server = Start(transport, EchoAsync, static _ => { });
        (string, object?) own = TagOf(server.LocalEndPoint);
        Socket[] before = Served(5);
        using var meter = new MeterRecorder();
        Socket[] after = Served(3);

        meter.Sum(Active, own).Should().Be(3);
        Array.ForEach(before, static peer => peer.Dispose());
        await EndedAsync(server, active: 3);
        meter.Sum(Active, own).Should().Be(3);
        Array.ForEach(after, static peer => peer.Dispose());
        await EndedAsync(server);

        meter.Sum(Active, own).Should().Be(0);
        meter.Lowest(Active, own).Should().Be(0);
        meter.Of(Duration, own).Should().HaveCount(8);

        Socket[] Served(int count)
        {
            Socket[] peers = [.. Enumerable.Range(0, count).Select(_ => server.Connect())];
            Array.ForEach(peers, Exchange);
            return peers;
        }
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("stop with a drain")]
    [InlineData("dispose")]
    [InlineData("dispose asynchronously")]
    [InlineData("token")]
    public async Task When_a_server_has_stopped_every_count_has_gone_back(string how)
    {
        using var meter = new MeterRecorder();
        using var source = new CancellationTokenSource();
        TcpServer server = Listen();
        (string, object?) own = TagOf(server.LocalEndPoint);
        Task serving = server.ServeAsync(EchoAsync, source.Token);
        TcpClient[] clients = [.. Enumerable.Range(0, 4).Select(_ => Connect(server))];
        await Eventually.BeTrueAsync(() => (int)meter.Sum(Active, own) == 4, "all are served");

        switch (how)
        {
            case "stop":
                await server.StopAsync(TimeSpan.Zero).Within();
                break;
            case "stop with a drain":
                Task stopping = server.StopAsync(Limits.Hang);
                Array.ForEach(clients, static client => client.Dispose());
                await stopping.Within();
                break;
            case "dispose":
                server.Dispose();
                break;
            case "token":
                await source.CancelAsync();
                break;
            default:
                await server.DisposeAsync();
                break;
        }

        await serving.Within();
        (meter.Sum(Active, own), meter.Lowest(Active, own)).Should().Be((0, 0));
        ServerStatistics counted = server.GetStatistics();
        meter.Of(Duration, own).Should().HaveCount(4);
        foreach ((CloseReason reason, long count) in counted.ClosedTotal.Where(static pair => TypeOf(pair.Key) is not null))
        {
            meter.Of(Duration, own, Error(TypeOf(reason))).Should().HaveCount((int)count);
        }

        Array.ForEach(clients, static client => client.Dispose());
    }

    [Fact]
    public async Task Measurements_have_the_attributes_of_the_server_and_never_an_address_of_a_client()
    {
        using var meter = new MeterRecorder();
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), ServerOptions);
        Task serving = server.ServeAsync(EchoAsync);
        int clientPort;
        using (TcpClient client = Connect(server))
        {
            clientPort = client.LocalEndPoint.Port;
            client.Send("x"u8);
            client.Receive(new byte[1]).Should().Be(1);
        }

        await Eventually.BeAsync(() => server.ConnectionCount, 0, "the client has left");
        await server.StopAsync().Within();
        await serving.Within();

        MeterRecorder.Measured[] all =
            [.. meter.Of(Active, TagOf(server.LocalEndPoint)), .. meter.Of(Duration, TagOf(server.LocalEndPoint))];
        all.Should().HaveCount(3);
        foreach (MeterRecorder.Measured measured in all)
        {
            measured.Tags.Should().BeEquivalentTo(new Dictionary<string, object?>
            {
                ["network.transport"] = "tcp",
                ["network.type"] = "ipv4",
                ["server.address"] = "127.0.0.1",
                ["server.port"] = server.Port,
            });
            measured.Tags.Values.Should().NotContain(clientPort);
        }
    }

    [Fact]
    public async Task Connections_that_were_accepted_by_hand_are_not_the_servers()
    {
        using var meter = new MeterRecorder();
        using TcpServer server = Listen();
        using (TcpClient client = Connect(server))
        using (TcpConnection accepted = await server.AcceptAsync().Within())
        {
            accepted.Send("x"u8);
            client.Receive(new byte[1]).Should().Be(1);
        }

        meter.Of(Active, TagOf(server.LocalEndPoint)).Should().BeEmpty();
        meter.Of(Duration, TagOf(server.LocalEndPoint)).Should().BeEmpty();
    }

    /// <summary>The same counts as of a quiet run, with clients that come and go at once.</summary>
    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task Counts_add_up_when_many_come_and_go_at_once(string transport)
    {
        const int Clients = 400;
        using var meter = new MeterRecorder();
        await using LimitedServer server = Start(transport, EchoAsync, static values => values.MaxConnections = 10);
        (string, object?) own = TagOf(server.LocalEndPoint);
        await Parallel.ForAsync(0, Clients, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, _) =>
        {
            await Task.Yield();
            try
            {
                using Socket peer = server.Connect();
                peer.Send("x"u8);
                peer.Receive(new byte[1]);
            }
            catch (SocketException)
            {
                // It was rejected.
            }
        });
        await Eventually.BeTrueAsync(
            () => server.GetStatistics() is var now && now.AcceptedTotal + now.RejectedTotal == Clients, "all were accepted or rejected");
        await EndedAsync(server);

        ServerStatistics counted = server.GetStatistics();
        (meter.Sum(Active, own), meter.Lowest(Active, own)).Should().Be((0, 0));
        meter.Of(Duration, own).Should().HaveCount((int)counted.AcceptedTotal);
        await Eventually.BeTrueAsync(
            () => (int)meter.Sum(Rejections, own, (AttributeNames.RejectReason, "full")) == counted.RejectedTotal, "each is measured");
    }
}

public sealed class ServerMeasureTests_Portable : ServerMeasureTests<PortableUnderTest>;

public sealed class ServerMeasureTests_Epoll : ServerMeasureTests<EpollUnderTest>;
