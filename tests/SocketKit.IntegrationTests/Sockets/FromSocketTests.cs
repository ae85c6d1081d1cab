using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.IntegrationTests.Kit;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Sockets;

/// <summary>Options of sockets that were made elsewhere, and of pairs.</summary>
public abstract class FromSocketTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(7);
    private readonly LogRecorder _log = new();

    [Fact]
    public void A_TCP_connection_without_options_leaves_the_socket_as_it_is_and_with_options_sets_them()
    {
        using TcpServer server = Listen();
        using TcpConnection plain = TcpConnection.FromSocket(Connected(server));
        using TcpConnection set = TcpConnection.FromSocket(Connected(server), With(new TcpClientOptions()));

        (plain.NoDelay, plain.KeepAlive, plain.Timeout).Should().Be((false, null, Timeout.InfiniteTimeSpan));
        (set.NoDelay, set.KeepAlive, set.Timeout).Should().Be((true, TcpKeepAlive.Default, s_timeout));
        set.Engine.Should().Be(Adopted);
        set.Send("x"u8);
        _log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.ConnectionWrapped)
            .Which.Text.Should().EndWith($"between {set.LocalEndPoint} and {set.RemoteEndPoint} was made from a socket.");
    }

    [Fact]
    public async Task A_TCP_server_without_options_leaves_what_is_inherited_and_with_options_sets_them_on_each_connection()
    {
        foreach (bool withOptions in new[] { false, true })
        {
            using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listening.Listen();
            TcpServerOptions options = With(new TcpServerOptions { MaxConnections = 1 });
            using TcpServer server = TcpServer.FromSocket(listening, withOptions ? options : null, ownsSocket: false);
            using TcpClient client = Connect(server);
            using TcpConnection accepted = await server.AcceptAsync().Within();

            (accepted.NoDelay, accepted.KeepAlive, accepted.Timeout).Should().Be(withOptions
                ? (true, TcpKeepAlive.Default, s_timeout)
                : (false, null, Timeout.InfiniteTimeSpan));
            (server.Engine, accepted.Engine).Should().Be(withOptions ? (Engine, Engine) : (SocketEngine.Default, SocketEngine.Default));
            listening.NoDelay.Should().BeFalse("the listener is the caller's");
        }
    }

    [Fact]
    public async Task A_server_from_a_socket_obeys_the_limit_and_logs()
    {
        var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        await using TcpServer server = TcpServer.FromSocket(listening, With(new TcpServerOptions { MaxConnections = 1 }));
        Task serving = server.ServeAsync(static (connection, token) => connection.ReceiveAsync(new byte[1], token).AsTask());
        using TcpClient served = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "a client is served");

        using TcpClient? rejected = TcpClient.TryConnect(server.LocalEndPoint, ClientOptions).Client;

        await Eventually.BeTrueAsync(() => _log.Lines.Any(static line => line.Id.Id == EventIds.ConnectionRejected), "one is too many");
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    [Fact]
    public void A_UDP_endpoint_takes_its_options()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        UdpEndpointOptions options = With(new UdpEndpointOptions { EnableBroadcast = true, ReceivePacketInfo = true });
        using UdpEndpoint endpoint = UdpEndpoint.FromSocket(socket, options);
        using UdpEndpoint sender = UdpEndpoint.Connect(endpoint.LocalEndPoint, new UdpEndpointOptions { Engine = Engine });

        sender.Send("x"u8);
        endpoint.ReceiveFrom(new byte[1]).LocalAddress.Should().Be(IPAddress.Loopback);
        (endpoint.EnableBroadcast, endpoint.Timeout).Should().Be((true, s_timeout));
        _log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.EndpointOpened);
    }

    [LinuxFact]
    public void Unix_sockets_take_their_options()
    {
        using UnixServer server = ListenUnix(PathOf());
        var stream = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        stream.Connect(new UnixDomainSocketEndPoint(PathOf()));
        var datagrams = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        datagrams.Bind(new UnixDomainSocketEndPoint(PathOf("d")));
        using UnixConnection connection = UnixConnection.FromSocket(stream, With(new UnixClientOptions { MaxHandlesPerMessage = 3 }));
        using UnixDatagramEndpoint endpoint = UnixDatagramEndpoint.FromSocket(datagrams, With(new UnixDatagramOptions()));

        (connection.MaxHandlesPerMessage, connection.Timeout, connection.Engine).Should().Be((3, s_timeout, Adopted));
        (endpoint.Timeout, endpoint.Engine).Should().Be((s_timeout, Engine));
        _log.Lines.Select(static line => line.Id.Id).Should().Equal(EventIds.ConnectionWrapped, EventIds.EndpointOpened);
    }

    [Fact]
    public async Task Both_ends_of_a_TCP_pair_have_the_options()
    {
        var configured = new List<EndPoint?>();
        TcpClientOptions options = With(new TcpClientOptions());
        options.NoDelay = false;
        options.Linger = TimeSpan.FromSeconds(3);
        options.Configure = socket =>
        {
            configured.Add(socket.LocalEndPoint);
            socket.Ttl = 17;
        };

        // These concern connects, and so have no effect.
        options.LocalEndPoint = new IPEndPoint(IPAddress.IPv6Loopback, 1);
        options.AddressFilter = static _ => false;
        options.Retry = new RetryOptions();
        (TcpConnection first, TcpConnection second) = TcpConnection.CreatePair(options);
        using (first)
        using (second)
        {
            foreach (TcpConnection end in new[] { first, second })
            {
                (end.NoDelay, end.KeepAlive, end.Linger, end.Timeout).Should()
                    .Be((false, TcpKeepAlive.Default, TimeSpan.FromSeconds(3), s_timeout));
                end.Engine.Should().Be(Engine);
                end.Socket.Ttl.Should().Be(17);
            }

            configured.Should().Equal(first.LocalEndPoint, second.LocalEndPoint);
            first.LocalEndPoint.Should().Be(second.RemoteEndPoint);
            await first.SendAsync("there"u8.ToArray()).Within();
            await second.ReceiveExactlyAsync(new byte[5]).Within();
        }
    }

    [LinuxFact]
    public async Task Both_ends_of_a_Unix_pair_have_the_options()
    {
        int configured = 0;
        UnixClientOptions options = With(new UnixClientOptions { MaxHandlesPerMessage = 3 });
        options.Configure = _ => configured++;
        (UnixConnection first, UnixConnection second) = UnixConnection.CreatePair(options);
        using (first)
        using (second)
        {
            foreach (UnixConnection end in new[] { first, second })
            {
                (end.MaxHandlesPerMessage, end.Timeout, end.Engine).Should().Be((3, s_timeout, Engine));
            }

            configured.Should().Be(2);
            await first.SendAsync("there"u8.ToArray()).Within();
            await second.ReceiveExactlyAsync(new byte[5]).Within();
        }
    }

    [Fact]
    public void Options_without_sense_are_refused_and_the_socket_stays_the_callers()
    {
        using TcpServer server = Listen();
        using Socket socket = Connected(server);

        Record.Exception(() => TcpConnection.FromSocket(socket, new TcpClientOptions { ReceiveBufferSize = 0 }))
            .Should().BeOfType<ArgumentOutOfRangeException>().Which.ParamName.Should().Be("ReceiveBufferSize");
        Record.Exception(() => TcpConnection.CreatePair(new TcpClientOptions { SendBufferSize = 0 }))
            .Should().BeOfType<ArgumentOutOfRangeException>().Which.ParamName.Should().Be("SendBufferSize");
        Record.Exception(() => TcpServer.FromSocket(socket, new TcpServerOptions { MaxConnections = 0 }))
            .Should().BeOfType<ArgumentOutOfRangeException>().Which.ParamName.Should().Be("MaxConnections");
        Record.Exception(() => UdpEndpoint.FromSocket(socket, new UdpEndpointOptions { ReceiveBufferSize = 0 }))
            .Should().BeOfType<ArgumentOutOfRangeException>().Which.ParamName.Should().Be("ReceiveBufferSize");

        socket.Send("x"u8);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_logger_throws_costs_its_lines_only_and_Configure_is_not_called(bool byFactory)
    {
        using TcpServer server = Listen();
        using var datagrams = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        datagrams.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();

        TcpConnection.FromSocket(Connected(server), Faulty(new TcpClientOptions())).Dispose();
        UdpEndpoint.FromSocket(datagrams, Faulty(new UdpEndpointOptions())).Dispose();
        TcpServer.FromSocket(listening, Faulty(new TcpServerOptions())).Dispose();
        if (OperatingSystem.IsLinux())
        {
            using UnixServer unix = ListenUnix(PathOf());
            using var stream = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            stream.Connect(new UnixDomainSocketEndPoint(PathOf()));
            using var unixDatagrams = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            unixDatagrams.Bind(new UnixDomainSocketEndPoint(PathOf("d")));
            UnixConnection.FromSocket(stream, Faulty(new UnixClientOptions())).Dispose();
            UnixDatagramEndpoint.FromSocket(unixDatagrams, Faulty(new UnixDatagramOptions())).Dispose();
        }

        TOptions Faulty<TOptions>(TOptions options)
            where TOptions : SocketOptions
        {
            options.LoggerFactory = byFactory ? new ThrowingFactory() : new ThrowingLog();
            options.Configure = static _ => throw new InvalidOperationException("must not be called");
            return options;
        }
    }

    /// <summary>What moves the bytes of connections that were made elsewhere.</summary>
    private SocketEngine Adopted =>
        Engine.Description.StartsWith("portable", StringComparison.Ordinal) ? Engine : SocketEngine.Portable;

    private static Socket Connected(TcpServer server)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(server.LocalEndPoint);
        return socket;
    }

    private TOptions With<TOptions>(TOptions options)
        where TOptions : SocketOptions
    {
        (options.ReceiveTimeout, options.SendTimeout) = (s_timeout, s_timeout);
        (options.Engine, options.LoggerFactory) = (Engine, (ILoggerFactory)_log);
        return options;
    }
}

public sealed class FromSocketTests_Portable : FromSocketTests<PortableUnderTest>;

public sealed class FromSocketTests_Epoll : FromSocketTests<EpollUnderTest>;
