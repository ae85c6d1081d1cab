using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class ConnectTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refused_connect_lists_its_attempt(bool asynchronous)
    {
        IPEndPoint closed = ClosedPort();

        SocketConnectException failure = (await Expect.Failure(ConnectTo(closed, ClientOptions, asynchronous)))
            .Should().BeOfType<SocketConnectException>().Subject;

        failure.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
        failure.Attempts.Should().ContainSingle().Which.EndPoint.Should().Be(closed);
        failure.Attempts[0].Error!.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
        failure.Message.Should().Be($"connect to {closed} failed: nobody listens there (ConnectionRefused).", "one attempt is told once");
        failure.IsTimeout().Should().BeFalse();
        failure.IsDisconnect().Should().BeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connect_that_nobody_answers_ends_at_its_deadline(bool asynchronous)
    {
        using var hole = new BlackHole();
        TcpClientOptions options = ClientOptions;
        options.ConnectTimeout = TimeSpan.FromMilliseconds(400);
        var clock = Stopwatch.StartNew();

        SocketConnectException failure = (await Expect.Failure(ConnectTo(hole.EndPoint, options, asynchronous)))
            .Should().BeOfType<SocketConnectException>().Subject;

        clock.Elapsed.Should().BeGreaterThanOrEqualTo(options.ConnectTimeout).And.BeLessThan(Limits.Hang);
        failure.SocketErrorCode.Should().Be(SocketError.TimedOut);
        failure.IsTimeout().Should().BeTrue();
        failure.Attempts.Should().ContainSingle().Which.Error!.SocketErrorCode.Should().Be(SocketError.TimedOut);
        failure.Message.Should().Be($"connect to {hole.EndPoint} timed out after 400 ms.");
    }

    [Fact]
    public async Task The_attempts_stay_readable_on_success()
    {
        using TcpServer server = Listen();

        using TcpClient client = Connect(server);
        using TcpClient asynchronous = await TcpClient.ConnectAsync("127.0.0.1", server.Port, ClientOptions).Within();

        foreach (TcpClient connected in new[] { client, asynchronous })
        {
            ConnectAttempt attempt = connected.ConnectAttempts.Should().ContainSingle().Subject;
            attempt.EndPoint.Should().Be(server.LocalEndPoint);
            attempt.Error.Should().BeNull();
            attempt.Elapsed.Should().BePositive();
        }
    }

    [Fact]
    public async Task Localhost_by_name_reaches_a_server_on_localhost()
    {
        using TcpServer server = TcpServer.Listen("localhost", 0, ServerOptions);

        using TcpClient blocking = TcpClient.Connect("localhost", server.Port, ClientOptions);
        using TcpClient asynchronous = await TcpClient.ConnectAsync("localhost", server.Port, ClientOptions).Within();

        blocking.RemoteEndPoint.Should().Be(server.LocalEndPoint);
        asynchronous.RemoteEndPoint.Should().Be(server.LocalEndPoint);
    }

    [Fact]
    public void The_local_address_and_port_are_honoured()
    {
        using TcpServer server = Listen();
        TcpClientOptions options = ClientOptions;
        options.LocalEndPoint = new IPEndPoint(IPAddress.Parse("127.0.0.9"), FreePort());

        using TcpClient client = Connect(server, options);
        using TcpConnection accepted = server.Accept();

        client.LocalEndPoint.Should().Be(options.LocalEndPoint);
        accepted.RemoteEndPoint.Should().Be(options.LocalEndPoint);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_local_address_that_is_taken_or_not_ours_fails_the_attempt(bool asynchronous)
    {
        using TcpServer server = Listen();
        using TcpServer other = Listen();
        TcpClientOptions taken = ClientOptions;
        taken.LocalEndPoint = other.LocalEndPoint;
        TcpClientOptions foreign = ClientOptions;
        foreign.LocalEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0);

        (await Expect.Failure(ConnectTo(server.LocalEndPoint, taken, asynchronous)))
            .Should().BeOfType<SocketConnectException>().Which.SocketErrorCode.Should().Be(SocketError.AddressAlreadyInUse);
        SocketConnectException notOurs = (await Expect.Failure(ConnectTo(server.LocalEndPoint, foreign, asynchronous)))
            .Should().BeOfType<SocketConnectException>().Subject;
        notOurs.SocketErrorCode.Should().Be(SocketError.AddressNotAvailable);
        notOurs.Attempts[0].Error!.Message.Should().StartWith("bind on 192.0.2.1:0 failed");
        notOurs.Message.Should().StartWith(
            $"connect to {server.LocalEndPoint} failed: bind on 192.0.2.1:0 failed: this machine does not have that address");
    }

    [Fact]
    public async Task Arguments_are_refused_before_anything_is_tried()
    {
        var local = new IPEndPoint(IPAddress.Loopback, 1);
        TcpClientOptions otherFamily = ClientOptions;
        otherFamily.LocalEndPoint = new IPEndPoint(IPAddress.IPv6Loopback, 0);
        TcpClientOptions unix = ClientOptions;
        unix.AddressFamily = AddressFamily.Unix;

        Record.Exception(() => TcpClient.Connect((IPEndPoint)null!)).Should().BeOfType<ArgumentNullException>();
        Record.Exception(() => TcpClient.Connect((string)null!, 1)).Should().BeOfType<ArgumentNullException>();
        Record.Exception(() => TcpClient.Connect(string.Empty, 1)).Should().BeOfType<ArgumentException>();
        Record.Exception(() => TcpClient.Connect("localhost", 0)).Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => TcpClient.Connect("localhost", 65_536)).Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => TcpClient.Connect(new IPEndPoint(IPAddress.Loopback, 0))).Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => TcpClient.Connect(local, otherFamily)).Should().BeOfType<ArgumentException>();
        Record.Exception(() => TcpClient.Connect("localhost", 1, unix)).Should().BeOfType<ArgumentException>();
        (await Record.ExceptionAsync(() => TcpClient.ConnectAsync("localhost", -1))).Should().BeOfType<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task An_exception_in_Configure_ends_the_call_as_it_is()
    {
        using TcpServer server = Listen();
        Socket? seen = null;
        TcpClientOptions options = ClientOptions;
        options.Configure = socket =>
        {
            seen = socket;
            throw new NotSupportedException("mine");
        };

        Record.Exception(() => Connect(server, options)).Should().BeOfType<NotSupportedException>().Which.Message.Should().Be("mine");
        seen!.SafeHandle.IsClosed.Should().BeTrue();
        (await Expect.Failure(TcpClient.ConnectAsync("localhost", server.Port, options))).Should().BeOfType<NotSupportedException>();
        seen.SafeHandle.IsClosed.Should().BeTrue();
        Record.Exception(() => TcpClient.TryConnect(server.LocalEndPoint, options)).Should().BeOfType<NotSupportedException>();
        server.TryAccept(out _).Should().BeFalse("nothing was connected");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_time_that_is_over_before_the_first_attempt_is_a_timeout(bool asynchronous)
    {
        using var hole = new BlackHole();
        TcpClientOptions options = ClientOptions;
        options.ConnectTimeout = TimeSpan.FromTicks(1);

        SocketConnectException late = (await Expect.Failure(ConnectTo(hole.EndPoint, options, asynchronous)))
            .Should().BeOfType<SocketConnectException>().Subject;
        late.SocketErrorCode.Should().Be(SocketError.TimedOut);
        late.Message.Should().StartWith($"connect to {hole.EndPoint} timed out after ").And.NotContain("Tried");
        TcpClient.TryConnect(hole.EndPoint, options).SocketErrorCode.Should().Be(SocketError.TimedOut);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_socket_exception_in_Configure_is_the_callers_and_no_failed_attempt(bool asynchronous)
    {
        using TcpServer server = Listen();
        TcpClientOptions options = ClientOptions;
        int calls = 0;
        var mine = new SocketException((int)SocketError.AddressNotAvailable);
        options.Configure = _ =>
        {
            calls++;
            throw mine;
        };

        (await Expect.Failure(ConnectTo(server.LocalEndPoint, options, asynchronous))).Should().BeSameAs(mine);
        calls.Should().Be(1);
    }

    [Fact]
    public void Configure_sees_the_socket_before_it_is_bound_and_its_settings_stay()
    {
        using TcpServer server = Listen();
        bool? wasBound = null;
        TcpClientOptions options = ClientOptions;
        options.LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0);
        options.Configure = socket =>
        {
            wasBound = socket.IsBound;
            socket.Ttl = 17;
        };

        using TcpClient client = Connect(server, options);

        wasBound.Should().BeFalse();
        client.Socket.Ttl.Should().Be(17);
    }

    [Fact]
    public async Task A_token_gives_the_connect_up()
    {
        using var hole = new BlackHole();
        using var source = new CancellationTokenSource();
        Socket? seen = null;
        TcpClientOptions options = ClientOptions;
        options.Configure = socket => seen = socket;
        Task<TcpClient> connect = TcpClient.ConnectAsync(hole.EndPoint, options, source.Token);
        connect.IsCompleted.Should().BeFalse();

        source.Cancel();

        await Expect.Canceled(connect, source.Token);
        await Until(() => seen!.SafeHandle.IsClosed);
    }

    [LinuxFact]
    public void A_connect_that_meets_itself_is_refused()
    {
        // A socket bound to the port that it connects to meets itself by a simultaneous open.
        var self = new IPEndPoint(IPAddress.Loopback, FreePort());
        TcpClientOptions options = ClientOptions;
        options.LocalEndPoint = self;

        Record.Exception(() => TcpClient.Connect(self, options)).Should().BeOfType<SocketConnectException>()
            .Which.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
    }

    private static Task<TcpClient> ConnectTo(IPEndPoint endPoint, TcpClientOptions options, bool asynchronous) =>
        asynchronous ? TcpClient.ConnectAsync(endPoint, options) : Limits.OnThread(() => TcpClient.Connect(endPoint, options));

    /// <summary>A port that was free a moment ago.</summary>
    private static IPEndPoint ClosedPort() => new(IPAddress.Loopback, FreePort());

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}

public sealed class ConnectTests_Portable : ConnectTests<PortableUnderTest>;

public sealed class ConnectTests_Epoll : ConnectTests<EpollUnderTest>;
