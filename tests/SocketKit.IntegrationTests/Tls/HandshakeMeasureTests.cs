using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Telemetry;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>What is measured and traced of handshakes.</summary>
[Collection(Serial.Name)]
public abstract class HandshakeMeasureTests<TEngine> : TlsTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const string Active = "socketkit.server.active_tls_handshakes";
    private const string Duration = "socketkit.server.tls_handshake.duration";
    private const string Connections = "socketkit.server.active_connections";
    private const string Span = "tls handshake";

    [Theory]
    [InlineData(SslProtocols.Tls12, "1.2")]
    [InlineData(SslProtocols.Tls13, "1.3")]
    public async Task A_handshake_is_measured_with_its_version_and_the_attributes_of_the_server(SslProtocols protocol, string version)
    {
        using var meter = new MeterRecorder();
        await using TcpServer server = ListenSecurely();
        (string, object?) own = (AttributeNames.ServerPort, server.Port);
        Task serving = server.ServeAsync(EchoAsync);
        using (Socket stalled = Dial(server.LocalEndPoint))
        {
            await Eventually.BeTrueAsync(() => (int)meter.Sum(Active, own) == 1, "it is under way");
            meter.Of(Duration, own).Should().BeEmpty();
        }

        await EndedAsync(server);
        using (SslStream client = await ConnectPlainAsync(server.LocalEndPoint, protocol))
        {
            await ExchangeAsync(client);
            (meter.Sum(Active, own), meter.Lowest(Active, own)).Should().Be((0, 0));
            meter.Sum(Connections, own).Should().Be(1);
        }

        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
        MeterRecorder.Measured measured =
            meter.Of(Duration, own, (AttributeNames.TlsVersion, version)).Should().ContainSingle().Subject;
        measured.Value.Should().BePositive();
        measured.Tags.Should().BeEquivalentTo(new Dictionary<string, object?>
        {
            ["network.transport"] = "tcp",
            ["network.type"] = "ipv4",
            ["server.address"] = "127.0.0.1",
            ["server.port"] = server.Port,
            ["tls.protocol.version"] = version,
        });
        meter.Of(Duration, own).Should().HaveCount(2);
        meter.Of(Active, own).Should().HaveCount(4);
        (meter.Sum(Connections, own), meter.Lowest(Connections, own)).Should().Be((0, 0));
    }

    [Theory]
    [InlineData("an end", "end_of_stream")]
    [InlineData("a reset", "connection_reset")]
    [InlineData("plain bytes", "SocketKit.TlsException")]
    [InlineData("silence", "timed_out")]
    [InlineData("the stop", "server_stopped")]
    [InlineData("the limit", "idle_timeout")]
    public async Task A_handshake_that_fails_is_measured_with_its_reason_and_every_count_goes_back(string what, string errorType)
    {
        const int Rounds = 5;
        using var meter = new MeterRecorder();
        var clock = new ManualClock();
        await using TcpServer server = ListenSecurely(options =>
        {
            options.Clock = clock;
            options.FirstByteTimeout = TimeSpan.FromSeconds(4);
            options.Tls!.HandshakeTimeout = what == "silence" ? TimeSpan.FromMilliseconds(50) : Limits.Hang;
        });
        (string, object?) own = (AttributeNames.ServerPort, server.Port);
        Task serving = server.ServeAsync(EchoAsync);
        Socket[] peers = [.. Enumerable.Range(0, Rounds).Select(_ => Dial(server.LocalEndPoint))];
        await Eventually.BeTrueAsync(() => server.GetStatistics().AcceptedTotal == Rounds, "all are accepted");
        switch (what)
        {
            case "an end":
                Array.ForEach(peers, static peer => peer.Shutdown(SocketShutdown.Send));
                break;
            case "a reset":
                Array.ForEach(peers, static peer =>
                {
                    peer.LingerState = new LingerOption(true, 0);
                    peer.Close();
                });
                break;
            case "plain bytes":
                Array.ForEach(peers, static peer => peer.Send("GET / HTTP/1.1\r\n\r\n"u8));
                break;
            case "the limit":
                await clock.WaitedForAsync();
                for (int i = 0; i < 6; i++)
                {
                    clock.Advance(TimeSpan.FromSeconds(1));
                }

                break;
            case "the stop":
                await server.StopAsync(Timeout.InfiniteTimeSpan).Within();
                break;
        }

        await EndedAsync(server);
        await server.StopAsync().Within();
        await serving.Within();
        meter.Of(Duration, own).Should().HaveCount(Rounds);
        meter.Of(Duration, own, (AttributeNames.ErrorType, errorType)).Should().HaveCount(Rounds);
        meter.Of(Duration, own).Should().OnlyContain(static measured => measured[AttributeNames.TlsVersion] == null);
        meter.Of(Active, own).Should().HaveCount(2 * Rounds);
        (meter.Sum(Active, own), meter.Lowest(Active, own)).Should().Be((0, 0));
        (meter.Sum(Connections, own), meter.Lowest(Connections, own)).Should().Be((0, 0));
        server.GetStatistics().HandshakesFailed.Should().Be(Rounds);
        Array.ForEach(peers, static peer => peer.Dispose());
    }

    [Fact]
    public async Task A_listener_that_comes_in_the_middle_never_sees_a_count_below_zero()
    {
        await using TcpServer server = ListenSecurely();
        (string, object?) own = (AttributeNames.ServerPort, server.Port);
        Task serving = server.ServeAsync(EchoAsync);
        Socket[] before = [.. Enumerable.Range(0, 3).Select(_ => Dial(server.LocalEndPoint))];
        await Eventually.BeTrueAsync(() => server.GetStatistics().ActiveHandshakes == 3, "all are under way");
        using var meter = new MeterRecorder();
        Socket[] after = [.. Enumerable.Range(0, 2).Select(_ => Dial(server.LocalEndPoint))];
        await Eventually.BeTrueAsync(() => (int)meter.Sum(Active, own) == 2, "these are counted");

        Array.ForEach(before, static socket => socket.Dispose());
        await EndedAsync(server, active: 2);
        meter.Sum(Active, own).Should().Be(2);
        Array.ForEach(after, static socket => socket.Dispose());
        await EndedAsync(server);

        (meter.Sum(Active, own), meter.Lowest(Active, own)).Should().Be((0, 0));
        meter.Of(Duration, own).Should().HaveCount(5);
        await server.StopAsync().Within();
        await serving.Within();
    }

    [Fact]
    public async Task A_client_that_a_limit_turns_away_has_no_handshake()
    {
        using var meter = new MeterRecorder();
        await using TcpServer server = ListenSecurely(static options => options.MaxConnections = 1);
        (string, object?) own = (AttributeNames.ServerPort, server.Port);
        Task serving = server.ServeAsync(EchoAsync);
        using Socket first = Dial(server.LocalEndPoint);
        await Eventually.BeTrueAsync(() => (int)meter.Sum(Active, own) == 1, "it is under way");
        using (Socket second = Dial(server.LocalEndPoint))
        {
            ReadToEnd(second);
        }

        meter.Of(Active, own).Should().ContainSingle();
        await server.StopAsync().Within();
        await serving.Within();
        (meter.Sum(Active, own), meter.Of(Duration, own).Count).Should().Be((0, 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_listeners_throw_ends_nothing(bool succeeds)
    {
        using var unobserved = new UnobservedExceptions();
        using var meter = new MeterRecorder(static () => throw new InvalidOperationException("by a listener"));
        using var trace = new TraceRecorder(
            static () => throw new InvalidOperationException("by a listener"),
            static () => throw new InvalidOperationException("by a listener"));
        await using TcpServer server = ListenSecurely();
        Task serving = server.ServeAsync(EchoAsync);
        if (succeeds)
        {
            using TcpClient client = ConnectSecurely(server);
            await ExchangeAsync(client);
        }
        else
        {
            using Socket peer = Dial(server.LocalEndPoint);
            peer.Send("GET / HTTP/1.1\r\n\r\n"u8);
            ReadToEnd(peer);
        }

        await EndedAsync(server);
        await server.StopAsync().Within();
        await serving.Within();
        (meter.Sum(Active, (AttributeNames.ServerPort, server.Port)), Activity.Current).Should().Be((0, null));
        unobserved.ShouldBeNone();
    }

    [Fact]
    public async Task The_span_of_a_handshake_lies_in_those_of_the_connection_and_of_the_connect()
    {
        using var trace = new TraceRecorder();
        await using TcpServer server = ListenSecurely();
        var handling = new TaskCompletionSource<Activity?>(TaskCreationOptions.RunContinuationsAsynchronously);
        string? id = null;
        Task serving = server.ServeAsync((connection, token) =>
        {
            id = connection.Id;
            handling.TrySetResult(Activity.Current);
            return EchoAsync(connection, token);
        });
        string clientId;
        using (TcpClient client = await TcpClient.ConnectAsync(Host, server.Port, SecureClientOptions).Within())
        {
            clientId = client.Id;
            await ExchangeAsync(client);
        }

        Activity current = (await handling.Task.Within())!;
        await EndedAsync(server);
        await server.StopAsync().Within();
        await serving.Within();

        Activity served = trace.Of(Span, AttributeNames.ConnectionId, id).Should().ContainSingle().Subject;
        current.OperationName.Should().Be("connection");
        served.Parent.Should().BeSameAs(current);
        (served.Kind, served.Status).Should().Be((ActivityKind.Internal, ActivityStatusCode.Unset));
        served.GetTagItem(AttributeNames.TlsVersion).Should().Be("1.3");
        served.GetTagItem(AttributeNames.TlsServerName).Should().Be(Host);
        served.GetTagItem(AttributeNames.TlsCipher).Should().BeOfType<string>().Which.Should().StartWith("TLS_");
        Activity dialled = trace.Of(Span, AttributeNames.ConnectionId, clientId).Should().ContainSingle().Subject;
        dialled.Parent!.OperationName.Should().Be("socket connect");
        Activity.Current.Should().BeNull();
    }

    [Fact]
    public async Task The_span_of_a_handshake_that_fails_says_why()
    {
        using var trace = new TraceRecorder();
        await using TcpServer server = ListenSecurely();
        Task serving = server.ServeAsync(EchoAsync);
        TcpClientOptions options = SecureClientOptions;
        options.Tls!.TargetHost = "wrong.example";

        ConnectResult result = await TcpClient.TryConnectAsync(Host, server.Port, options).Within();

        result.Error.Should().BeOfType<TlsException>();
        Activity span = trace.Of(Span, AttributeNames.ErrorType, "remote_certificate_name_mismatch").Should().ContainSingle().Subject;
        span.Status.Should().Be(ActivityStatusCode.Error);
        span.Parent!.GetTagItem(AttributeNames.ErrorType).Should().Be("remote_certificate_name_mismatch");
        await EndedAsync(server);
        await server.StopAsync().Within();
        await serving.Within();
    }
}

public sealed class HandshakeMeasureTests_Portable : HandshakeMeasureTests<PortableUnderTest>;

public sealed class HandshakeMeasureTests_Epoll : HandshakeMeasureTests<EpollUnderTest>;
