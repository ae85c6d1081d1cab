using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class ListenTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_second_listener_on_the_port_is_refused_whatever_ReuseAddress_says_and_the_message_names_the_endpoint(bool reuse)
    {
        TcpServerOptions options = ServerOptions;
        options.ReuseAddress = reuse;
        using TcpServer first = Listen(options);

        SocketException refused =
            Expect.Socket(Record.Exception(() => TcpServer.Listen(first.LocalEndPoint, options)), SocketError.AddressAlreadyInUse);

        refused.Message.Should().StartWith($"listen on {first.LocalEndPoint} failed: ");
    }

    [LinuxFact]
    public async Task With_ReusePort_two_listeners_share_a_port_and_each_gets_connections()
    {
        TcpServerOptions options = ServerOptions;
        options.ReusePort = true;
        using TcpServer first = Listen(options);
        using TcpServer second = TcpServer.Listen(first.LocalEndPoint, options);
        var clients = new List<TcpClient>();

        for (int i = 0; i < 100 && !(first.WaitReadable(TimeSpan.Zero) && second.WaitReadable(TimeSpan.Zero)); i++)
        {
            clients.Add(await TcpClient.ConnectAsync(first.LocalEndPoint, ClientOptions).Within());
        }

        first.WaitReadable(Limits.Hang).Should().BeTrue();
        second.WaitReadable(Limits.Hang).Should().BeTrue("the kernel spreads a hundred connections over both");
        clients.ForEach(static client => client.Abort());
    }

    [Fact]
    public void An_address_that_this_machine_does_not_have_is_named()
    {
        // 192.0.2.0/24 is for documentation and nobody's (RFC 5737).
        Exception? exception = Record.Exception(() => TcpServer.Listen(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0), ServerOptions));

        Expect.Socket(exception, SocketError.AddressNotAvailable).Message.Should().Contain("192.0.2.1:0");
    }

    [Fact]
    public void A_restart_succeeds_while_the_last_run_is_in_time_wait()
    {
        using TcpServer first = Listen();
        LeaveInTimeWait(first);

        using TcpServer second = TcpServer.Listen(first.LocalEndPoint, ServerOptions);

        second.Port.Should().Be(first.Port);
    }

    [LinuxFact]
    public void Without_ReuseAddress_time_wait_refuses_the_restart()
    {
        TcpServerOptions options = ServerOptions;
        options.ReuseAddress = false;
        using TcpServer first = Listen(options);
        LeaveInTimeWait(first);

        Expect.Socket(Record.Exception(() => TcpServer.Listen(first.LocalEndPoint, options)), SocketError.AddressAlreadyInUse);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public void A_backlog_is_passed_on(int backlog)
    {
        TcpServerOptions options = ServerOptions;
        options.Backlog = backlog;
        using TcpServer server = Listen(options);

        using TcpClient client = Connect(server);
        using TcpConnection accepted = server.Accept();

        accepted.RemoteEndPoint.Should().Be(client.LocalEndPoint);
    }

    [Fact]
    public void Arguments_are_refused_before_any_system_call()
    {
        TcpServerOptions negative = ServerOptions;
        negative.Backlog = -1;

        Record.Exception(() => Listen(negative)).Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => TcpServer.Listen(-1)).Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => TcpServer.Listen("localhost", 65_536)).Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => TcpServer.Listen((IPEndPoint)null!)).Should().BeOfType<ArgumentNullException>();
        Record.Exception(() => TcpServer.Listen((string)null!, 0)).Should().BeOfType<ArgumentNullException>();
    }

    [Fact]
    public void An_address_that_is_not_ours_and_a_hook_that_throws_leave_nothing_open()
    {
        Socket? seen = null;
        TcpServerOptions options = ServerOptions;
        options.Configure = socket => seen = socket;

        SocketException failure = Expect.Socket(
            Record.Exception(() => TcpServer.Listen(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0), options)),
            SocketError.AddressNotAvailable);
        failure.Message.Should().Contain("192.0.2.1");
        seen!.SafeHandle.IsClosed.Should().BeTrue();
        options.Configure = socket =>
        {
            seen = socket;
            throw new NotSupportedException("mine");
        };
        Record.Exception(() => Listen(options)).Should().BeOfType<NotSupportedException>();
        seen.SafeHandle.IsClosed.Should().BeTrue();
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public void A_host_means_one_address_and_port_zero_a_real_port(string host)
    {
        using TcpServer server = TcpServer.Listen(host, 0, ServerOptions);

        server.LocalEndPoint.Address.Should().Be(IPAddress.Loopback);
        server.Port.Should().BePositive();
        server.LocalEndPoint.Port.Should().Be(server.Port);
    }

    [IPv6Fact]
    public void All_addresses_means_both_families_and_peers_are_shown_unmapped()
    {
        foreach (string host in new[] { string.Empty, "*", "::" })
        {
            using TcpServer server = TcpServer.Listen(host, 0, ServerOptions);
            using TcpClient four = TcpClient.Connect(new IPEndPoint(IPAddress.Loopback, server.Port), ClientOptions);
            using TcpConnection acceptedFour = server.Accept();
            using TcpClient six = TcpClient.Connect(new IPEndPoint(IPAddress.IPv6Loopback, server.Port), ClientOptions);
            using TcpConnection acceptedSix = server.Accept();

            acceptedFour.RemoteEndPoint.Should().Be(four.LocalEndPoint);
            acceptedFour.RemoteEndPoint.AddressFamily.Should().Be(AddressFamily.InterNetwork);
            acceptedFour.LocalEndPoint.Address.Should().Be(IPAddress.Loopback);
            acceptedSix.RemoteEndPoint.Should().Be(six.LocalEndPoint);
        }
    }

    [IPv6Fact]
    public void Without_DualMode_each_family_is_alone()
    {
        TcpServerOptions options = ServerOptions;
        options.DualMode = false;
        using TcpServer six = TcpServer.Listen("::", 0, options);
        using TcpServer four = TcpServer.Listen(six.Port, options);

        four.LocalEndPoint.Address.Should().Be(IPAddress.Any, "all addresses without dual mode means IPv4, and the port is free there");
        using TcpClient client = TcpClient.Connect(new IPEndPoint(IPAddress.Loopback, six.Port), ClientOptions);
        four.WaitReadable(Limits.Hang).Should().BeTrue();
        six.WaitReadable(TimeSpan.Zero).Should().BeFalse();
    }

    /// <summary>The server's side closes first, so the pair is in TIME_WAIT on its port.</summary>
    private void LeaveInTimeWait(TcpServer server)
    {
        using TcpClient client = Connect(server);
        TcpConnection accepted = server.Accept();
        accepted.Dispose();
        client.Receive(new byte[1]).Should().Be(0);
        client.Dispose();
        server.Dispose();
    }
}

public sealed class ListenTests_Portable : ListenTests<PortableUnderTest>;

public sealed class ListenTests_Epoll : ListenTests<EpollUnderTest>;
