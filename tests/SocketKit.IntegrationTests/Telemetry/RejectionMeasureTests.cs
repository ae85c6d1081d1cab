using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Telemetry;

namespace SocketKit.IntegrationTests.Telemetry;

/// <summary>What is measured of connections that no handler has seen.</summary>
[Collection(Serial.Name)]
public abstract class RejectionMeasureTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const string Rejections = "socketkit.server.rejected_connections";
    private const string AcceptErrors = "socketkit.server.accept.errors";
    private const string Active = "socketkit.server.active_connections";

    [Theory]
    [InlineData("full")]
    [InlineData("full_for_address")]
    [InlineData("filter")]
    public async Task A_client_that_a_limit_turns_away_is_measured_with_its_reason(string reason)
    {
        using var meter = new MeterRecorder();
        TcpServerOptions options = ServerOptions;
        options.MaxConnections = reason == "full" ? 1 : 10;
        options.MaxConnectionsPerAddress = reason == "full_for_address" ? 1 : null;
        int asked = 0;
        options.AddressFilter = reason == "filter" ? _ => ++asked == 1 : null;
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(WaitAsync);
        (string, object?) own = (AttributeNames.ServerPort, server.Port);
        using TcpClient served = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "the first is served");

        for (int i = 1; i <= 3; i++)
        {
            // The reset may overtake the connect's own return.
            using TcpClient? rejected = TcpClient.TryConnect(server.LocalEndPoint, ClientOptions).Client;
            int expected = i;
            await Eventually.BeTrueAsync(
                () => (int)meter.Sum(Rejections, own, (AttributeNames.RejectReason, reason)) == expected, "it is turned away");
        }

        server.GetStatistics().RejectedTotal.Should().Be(3);
        meter.Of(Rejections, own).Should().HaveCount(3, "each once");
        meter.Sum(Active, own).Should().Be(1);
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
        meter.Sum(Active, own).Should().Be(0);
    }

    [LinuxFact]
    public void A_user_who_may_not_connect_is_measured()
    {
        using var meter = new MeterRecorder();
        using UnixServer server = ListenUnix(PathOf(), new UnixServerOptions { Engine = Engine, AllowedUserIds = [OwnUserId + 1] });
        using UnixClient client = ConnectUnix(PathOf());

        server.TryAccept(out _).Should().BeFalse();

        MeterRecorder.Measured measured = meter.Of(Rejections, (AttributeNames.ServerAddress, PathOf())).Should().ContainSingle().Subject;
        measured.Tags.Should().BeEquivalentTo(new Dictionary<string, object?>
        {
            ["network.transport"] = "unix",
            ["server.address"] = PathOf(),
            ["socketkit.reject.reason"] = "user",
        });
    }

    /// <summary>The first accept throws, and nothing can be made of what the second one gives.</summary>
    [LinuxFact]
    public async Task What_goes_wrong_between_the_accept_and_the_handler_is_measured()
    {
        using var meter = new MeterRecorder();
        var options = new UnixServerOptions { Engine = new FaultyEngine(Engine), SendBufferSize = 10_000 };
        await using UnixServer server = ListenUnix(PathOf(), options);
        (string, object?) own = (AttributeNames.ServerAddress, PathOf());
        Task serving = server.ServeAsync(static (connection, token) => connection.SendAsync("fine"u8.ToArray(), token).AsTask());
        for (int i = 0; i < 2; i++)
        {
            using UnixClient unlucky = ConnectUnix(PathOf());
            (await unlucky.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        }

        using UnixClient lucky = ConnectUnix(PathOf());
        await lucky.ReceiveExactlyAsync(new byte[4]).Within();
        await server.StopAsync().Within();
        await serving.Within();

        meter.Of(AcceptErrors, own).Should().ContainSingle()
            .Which[AttributeNames.ErrorType].Should().Be("System.InvalidOperationException");
        meter.Of(Rejections, own).Should().ContainSingle().Which[AttributeNames.RejectReason].Should().Be("lost");
        (server.GetStatistics().AcceptErrors, server.GetStatistics().RejectedTotal).Should().Be((1, 1));
        meter.Sum(Active, own).Should().Be(0);
    }

    /// <summary>
    /// The first accept fails for lack of descriptors while the next client waits already. It is turned away, unless the listener is too
    /// slow to hand it over; then it is served when the shortage is over.
    /// </summary>
    [Fact]
    public async Task A_shortage_of_descriptors_is_measured_and_so_are_the_clients_that_it_costs()
    {
        using var meter = new MeterRecorder();
        IPEndPoint? address = null;
        Socket? waiting = null;
        TcpServerOptions options = ServerOptions;
        options.Engine = new FaultyEngine(Engine, (number, accepted) =>
        {
            if (number > 1)
            {
                return accepted;
            }

            waiting = ConnectOrNull(address!);
            accepted.Channel!.Abort(CloseReason.Error);
            return new AcceptResult(IoResult.Failed(SocketError.TooManyOpenSockets));
        });
        await using TcpServer server = Listen(options);
        address = server.LocalEndPoint;
        (string, object?) own = (AttributeNames.ServerPort, server.Port);
        Task serving = server.ServeAsync(WaitAsync);
        using Socket? first = ConnectOrNull(address);
        await Eventually.BeTrueAsync(
            () => server.GetStatistics() is var now && now.RejectedTotal + now.AcceptedTotal == 1, "the client that waited got its answer");
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
        waiting?.Dispose();

        server.GetStatistics().AcceptErrors.Should().Be(1);
        meter.Of(AcceptErrors, own).Should().ContainSingle().Which[AttributeNames.ErrorType].Should().Be("emfile");
        await Eventually.BeTrueAsync(
            () => meter.Of(Rejections, own).Count == server.GetStatistics().RejectedTotal, "each rejection is measured");
        meter.Of(Rejections, own).All(static measured => (string)measured[AttributeNames.RejectReason]! == "shortage").Should().BeTrue();
        meter.Sum(Active, own).Should().Be(0);
    }

    /// <summary>Clients that connect while the server stops are accepted and rejected, or not accepted at all.</summary>
    [Fact]
    public async Task Clients_of_a_server_that_stops_are_measured_as_they_are_counted()
    {
        using var meter = new MeterRecorder();
        for (int round = 0; round < 50; round++)
        {
            await using TcpServer server = Listen();
            (string, object?) own = (AttributeNames.ServerPort, server.Port);
            int before = meter.Of(Rejections, own).Count;
            Task serving = server.ServeAsync(WaitAsync);
            IPEndPoint address = server.LocalEndPoint;
            Task<Socket?[]> connecting = Limits.OnThread(() => Enumerable.Range(0, 10).Select(_ => ConnectOrNull(address)).ToArray());

            await server.StopAsync(TimeSpan.Zero).Within();
            await serving.Within();

            Array.ForEach(await connecting.Within(), static socket => socket?.Dispose());

            // An accept that was under way when the listener was closed may end after the stop, and its client is rejected then.
            await Eventually.BeTrueAsync(
                () => meter.Of(Rejections, own).Count - before == server.GetStatistics().RejectedTotal, "each rejection is measured");
            IReadOnlyList<MeterRecorder.Measured> rejected = [.. meter.Of(Rejections, own).Skip(before)];
            rejected.All(static measured => (string)measured[AttributeNames.RejectReason]! == "stopping").Should().BeTrue();
            meter.Sum(Active, own).Should().Be(0);
        }
    }

    private static Socket? ConnectOrNull(IPEndPoint server)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(server);
            return socket;
        }
        catch (SocketException)
        {
            // The server has stopped.
            socket.Dispose();
            return null;
        }
    }

    private static Task WaitAsync(TcpConnection connection, CancellationToken cancellationToken) =>
        connection.ReceiveAsync(new byte[1], cancellationToken).AsTask();
}

public sealed class RejectionMeasureTests_Portable : RejectionMeasureTests<PortableUnderTest>;

public sealed class RejectionMeasureTests_Epoll : RejectionMeasureTests<EpollUnderTest>;
