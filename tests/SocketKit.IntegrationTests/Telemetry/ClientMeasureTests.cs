using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Sockets;
using SocketKit.Telemetry;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Telemetry;

/// <summary>What is measured of connects, and of the connections that they make.</summary>
[Collection(Serial.Name)]
public abstract class ClientMeasureTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const string Active = "socketkit.client.active_connections";
    private const string Duration = "socketkit.client.connect.duration";
    private const string Span = "socket connect";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connect_is_measured_once_and_its_connection_counts_until_it_is_closed(bool asynchronous)
    {
        using var meter = new MeterRecorder();
        using TcpServer server = Listen();
        (string, object?) own = PortOf(server.LocalEndPoint);
        TcpClient[] clients = [.. await ConnectAsync(), .. await ConnectAsync(), .. await ConnectAsync()];
        meter.Sum(Active, own).Should().Be(3);

        clients[0].Dispose();
        clients[0].Dispose();
        meter.Sum(Active, own).Should().Be(2);
        clients[1].Abort();
        await clients[1].DisposeAsync();
        meter.Sum(Active, own).Should().Be(1);
        await clients[2].DisposeAsync();

        meter.Sum(Active, own).Should().Be(0);
        meter.Of(Duration, own).Should().HaveCount(3)
            .And.OnlyContain(static measured => measured.Value > 0 && measured[AttributeNames.ErrorType] == null);
        meter.Of(Duration, own)[0].Tags.Should().BeEquivalentTo(new Dictionary<string, object?>
        {
            ["server.address"] = "127.0.0.1",
            ["server.port"] = server.Port,
            ["socketkit.connect.attempts"] = 1,
        });
        meter.Of(Active, own)[0].Tags.Should().BeEquivalentTo(new Dictionary<string, object?>
        {
            ["network.transport"] = "tcp",
            ["network.type"] = "ipv4",
            ["server.address"] = "127.0.0.1",
            ["server.port"] = server.Port,
        });

        async Task<TcpClient[]> ConnectAsync() =>
            [asynchronous ? await TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions).Within() : Connect(server)];
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connect_to_a_path_is_measured_in_the_same_way(bool asynchronous)
    {
        using var meter = new MeterRecorder();
        (string, object?) own = (AttributeNames.ServerAddress, PathOf());
        using (UnixServer server = ListenUnix(PathOf()))
        using (UnixClient client = await ConnectAsync())
        {
            meter.Sum(Active, own).Should().Be(1);
        }

        (await Expect.Failure(ConnectAsync())).Should().BeOfType<SocketConnectException>();

        meter.Sum(Active, own).Should().Be(0);
        meter.Of(Duration, own).Select(static measured => measured[AttributeNames.ErrorType])
            .Should().Equal((object?[])[null, "address_not_available"]);
        meter.Of(Active, own)[0].Tags.Should().BeEquivalentTo(
            new Dictionary<string, object?> { ["network.transport"] = "unix", ["server.address"] = PathOf() });

        Task<UnixClient> ConnectAsync() => asynchronous
            ? UnixClient.ConnectAsync(PathOf(), UnixClientOptions)
            : Limits.OnThread(() => ConnectUnix(PathOf()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refused_connect_is_measured_with_its_error_and_counts_nothing(bool asynchronous)
    {
        using var meter = new MeterRecorder();
        using var port = new ClosedPort();

        (await Expect.Failure(Connecting(port.EndPoint, ClientOptions, asynchronous))).Should().BeOfType<SocketConnectException>();

        MeterRecorder.Measured measured = meter.Of(Duration, PortOf(port.EndPoint)).Should().ContainSingle().Subject;
        (measured[AttributeNames.ErrorType], measured[AttributeNames.Attempts]).Should().Be(("connection_refused", 1));
        meter.Of(Active, PortOf(port.EndPoint)).Should().BeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connect_that_takes_too_long_is_measured_as_timed_out(bool asynchronous)
    {
        using var meter = new MeterRecorder();
        using var hole = new BlackHole();
        TcpClientOptions options = ClientOptions;
        options.ConnectTimeout = TimeSpan.FromMilliseconds(200);

        await Expect.Failure(Connecting(hole.EndPoint, options, asynchronous));

        MeterRecorder.Measured measured = meter.Of(Duration, PortOf(hole.EndPoint)).Should().ContainSingle().Subject;
        measured[AttributeNames.ErrorType].Should().Be("timed_out");
        measured.Value.Should().BeGreaterThanOrEqualTo(0.2);
    }

    [Fact]
    public async Task A_cancelled_connect_is_measured_as_cancelled_and_counts_nothing()
    {
        using var meter = new MeterRecorder();
        using var trace = new TraceRecorder();
        using var hole = new BlackHole();
        using var source = new CancellationTokenSource();
        Task<TcpClient> connecting = TcpClient.ConnectAsync(hole.EndPoint, ClientOptions, source.Token);

        await source.CancelAsync();

        await Expect.Canceled(connecting, source.Token);
        meter.Of(Duration, PortOf(hole.EndPoint)).Should().ContainSingle().Which[AttributeNames.ErrorType].Should().Be("canceled");
        meter.Of(Active, PortOf(hole.EndPoint)).Should().BeEmpty();
        trace.Of(Span, AttributeNames.ServerPort, hole.EndPoint.Port).Should().ContainSingle()
            .Which.GetTagItem(AttributeNames.ErrorType).Should().Be("canceled");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_Configure_throws_is_measured_by_its_type(bool asynchronous)
    {
        using var meter = new MeterRecorder();
        using var trace = new TraceRecorder();
        using TcpServer server = Listen();
        TcpClientOptions options = ClientOptions;
        options.Configure = static _ => throw new NotSupportedException("mine");

        (await Expect.Failure(Connecting(server.LocalEndPoint, options, asynchronous))).Should().BeOfType<NotSupportedException>();

        meter.Of(Duration, PortOf(server.LocalEndPoint)).Should().ContainSingle()
            .Which[AttributeNames.ErrorType].Should().Be("System.NotSupportedException");
        Activity span = trace.Of(Span, AttributeNames.ServerPort, server.Port).Should().ContainSingle().Subject;
        span.Status.Should().Be(ActivityStatusCode.Error);
        span.Events.Should().ContainSingle(static e => e.Name == "exception");
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_race_is_one_measurement_and_one_span_with_an_event_for_each_address(bool asynchronous)
    {
        using var meter = new MeterRecorder();
        using var trace = new TraceRecorder();
        using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), ServerOptions);
        TcpClientOptions options = ClientOptions;
        options.HappyEyeballsDelay = Timeout.InfiniteTimeSpan;

        // Nobody listens at the first one, because the server has only one address.
        options.Names = new NameLookups((_, _) => [IPAddress.Parse("127.0.0.9"), IPAddress.Loopback], 1);

        using TcpClient client = asynchronous
            ? await TcpClient.ConnectAsync("db.test", server.Port, options).Within()
            : await Limits.OnThread(() => TcpClient.Connect("db.test", server.Port, options)).Within();

        MeterRecorder.Measured measured = meter.Of(Duration, PortOf(server.LocalEndPoint)).Should().ContainSingle().Subject;
        (measured[AttributeNames.ServerAddress], measured[AttributeNames.Attempts]).Should().Be(("db.test", 2));
        Activity span = trace.Of(Span, AttributeNames.ServerPort, server.Port).Should().ContainSingle().Subject;
        span.Kind.Should().Be(ActivityKind.Client);
        span.Status.Should().Be(ActivityStatusCode.Unset);
        span.GetTagItem(AttributeNames.PeerAddress).Should().Be("127.0.0.1");
        span.GetTagItem(AttributeNames.Transport).Should().Be("tcp");
        ActivityEvent[] events = [.. span.Events];
        events.Should().HaveCount(2).And.OnlyContain(static e => e.Name == "connect attempt");
        TagOf(events[0], AttributeNames.PeerAddress).Should().Be("127.0.0.9");
        TagOf(events[0], AttributeNames.ErrorType).Should().Be("connection_refused");
        TagOf(events[1], AttributeNames.PeerAddress).Should().Be("127.0.0.1");
        TagOf(events[1], AttributeNames.ErrorType).Should().BeNull();
        events.Should().BeInAscendingOrder(static e => e.Timestamp);
        events[0].Timestamp.UtcDateTime.Should().BeOnOrAfter(span.StartTimeUtc).And.BeOnOrBefore(span.StartTimeUtc + span.Duration);
        Activity.Current.Should().BeNull();

        static object? TagOf(ActivityEvent e, string name) => e.Tags.FirstOrDefault(tag => tag.Key == name).Value;
    }

    [Fact]
    public async Task Each_round_of_a_connect_with_retries_is_measured()
    {
        using var meter = new MeterRecorder();
        using var port = new ClosedPort();
        int rounds = 0;
        TcpClientOptions options = ClientOptions;
        options.Retry = new RetryOptions { FirstDelay = TimeSpan.FromMilliseconds(1), MaxAttempts = 10 };
        options.Configure = _ =>
        {
            if (++rounds == 3)
            {
                port.Open();
            }
        };

        using TcpClient client = await TcpClient.ConnectAsync(port.EndPoint, options).Within();

        meter.Of(Duration, PortOf(port.EndPoint)).Select(static measured => measured[AttributeNames.ErrorType])
            .Should().Equal((object?[])["connection_refused", "connection_refused", null]);
        meter.Sum(Active, PortOf(port.EndPoint)).Should().Be(1);
    }

    [Fact]
    public async Task A_client_that_nobody_disposes_counts_no_longer_once_it_is_collected()
    {
        using var meter = new MeterRecorder();
        using TcpServer server = Listen();
        Forget(server);
        using TcpConnection accepted = server.Accept();
        meter.Sum(Active, PortOf(server.LocalEndPoint)).Should().Be(1);

        await Eventually.BeTrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return (int)meter.Sum(Active, PortOf(server.LocalEndPoint)) == 0;
            },
            "its finalizer takes it off");

        meter.Of(Active, PortOf(server.LocalEndPoint)).Should().HaveCount(2);
    }

    [Fact]
    public void A_listener_that_comes_in_the_middle_sees_no_connection_from_before()
    {
        using TcpServer server = Listen();
        TcpClient early = Connect(server);
        using var meter = new MeterRecorder();
        TcpClient late = Connect(server);

        early.Dispose();
        late.Dispose();

        meter.Of(Active, PortOf(server.LocalEndPoint)).Select(static measured => measured.Value).Should().Equal(1, -1);
    }

    [Fact]
    public void A_connection_that_was_made_elsewhere_is_no_client()
    {
        using var meter = new MeterRecorder();
        using TcpServer server = Listen();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(server.LocalEndPoint);

        using (TcpConnection.FromSocket(socket, ClientOptions))
        {
            meter.Of(Active, PortOf(server.LocalEndPoint)).Should().BeEmpty();
        }
    }

    /// <summary>Its listener has another port each time, and each would be a time series of its own.</summary>
    [Fact]
    public void A_pair_is_no_client()
    {
        using var meter = new MeterRecorder();
        using var trace = new TraceRecorder();
        (TcpConnection first, TcpConnection second) = TcpConnection.CreatePair(ClientOptions);
        (string, object?) port = PortOf(second.LocalEndPoint);
        using (first)
        using (second)
        {
            first.RemoteEndPoint.Should().Be(second.LocalEndPoint);
        }

        meter.Of(Active, port).Should().BeEmpty();
        meter.Of(Duration, port).Should().BeEmpty();
        trace.Of(Span, port.Item1, port.Item2).Should().BeEmpty();
    }

    private static (string, object?) PortOf(IPEndPoint server) => (AttributeNames.ServerPort, server.Port);

    private static Task<TcpClient> Connecting(IPEndPoint remote, TcpClientOptions options, bool asynchronous) => asynchronous
        ? TcpClient.ConnectAsync(remote, options)
        : Limits.OnThread(() => TcpClient.Connect(remote, options));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Forget(TcpServer server) => Connect(server);
}

public sealed class ClientMeasureTests_Portable : ClientMeasureTests<PortableUnderTest>;

public sealed class ClientMeasureTests_Epoll : ClientMeasureTests<EpollUnderTest>;
