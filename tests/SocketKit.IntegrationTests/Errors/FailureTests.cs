using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Errors;

/// <summary>One provocation of each kind of failure of TCP and UDP sockets: type, operation, endpoints and words.</summary>
public abstract class FailureTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    /// <summary>TEST-NET-1 (RFC 5737): no machine has it.</summary>
    private static readonly IPAddress s_foreign = IPAddress.Parse("192.0.2.1");

    [Fact]
    public void A_listen_or_bind_that_failed()
    {
        using TcpServer server = Listen();
        using UdpEndpoint endpoint = Bind();
        var foreign = new IPEndPoint(s_foreign, 4711);

        FailureCheck.Of(
            () => ListenOn(server.LocalEndPoint),
            "listen",
            SocketError.AddressAlreadyInUse,
            server.LocalEndPoint,
            null,
            "the address is in use");
        FailureCheck.Of(
            () => UdpEndpoint.Bind(endpoint.LocalEndPoint, UdpOptions),
            "bind",
            SocketError.AddressAlreadyInUse,
            endpoint.LocalEndPoint,
            null,
            "in use");
        foreach (var (call, operation) in new (Action, string)[]
        {
            (() => ListenOn(foreign), "listen"), (() => UdpEndpoint.Bind(foreign, UdpOptions), "bind"),
        })
        {
            FailureCheck.Of(call, operation, SocketError.AddressNotAvailable, foreign, null, "this machine does not have that address")
                .Message.Should().NotContain("ephemeral");
        }

        void ListenOn(IPEndPoint local) => TcpServer.Listen(local, ServerOptions);
    }

    [Fact]
    public void A_connect_that_failed()
    {
        IPEndPoint dead = DeadEndPoint();
        using UdpEndpoint endpoint = Bind();
        var unreachable = new IPEndPoint(s_foreign, 9);

        FailureCheck.Of(() => TcpClient.Connect(dead, ClientOptions), "connect", SocketError.ConnectionRefused, null, dead, dead.ToString())
            .Should().BeOfType<SocketConnectException>()
            .Which.Attempts.Should().ContainSingle()
                .Which.Error.Should().BeOfType<SocketOperationException>().Which.RemoteEndPoint.Should().Be(dead);
        var local = new TcpClientOptions { Engine = Engine, LocalEndPoint = unreachable };
        SocketConnectException failure = Record.Exception(() => TcpClient.Connect(dead, local))
            .Should().BeOfType<SocketConnectException>().Subject;
        FailureCheck.Of(
            failure.Attempts[0].Error, "bind", SocketError.AddressNotAvailable, unreachable, null, "does not have that address");

        // A socket bound to loopback cannot reach the world.
        Exception? refused = Record.Exception(() => endpoint.ConnectTo(unreachable));
        FailureCheck.Of(
            refused,
            "connect",
            ((SocketException)refused!).SocketErrorCode,
            endpoint.LocalEndPoint,
            unreachable,
            $"{endpoint.LocalEndPoint} → {unreachable}");
    }

    [Fact]
    public async Task A_call_that_would_have_to_wait_or_came_too_late()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using UdpEndpoint endpoint = Bind();
        using TcpServer server = Listen();
        IPEndPoint here = pair.Client.LocalEndPoint;
        IPEndPoint there = pair.Client.RemoteEndPoint;

        pair.Client.ReceiveTimeout = endpoint.ReceiveTimeout = server.ReceiveTimeout = TimeSpan.FromMilliseconds(1);
        FailureCheck.Of(() => pair.Client.Receive(new byte[1]), "receive", SocketError.TimedOut, here, there, "timed out after 1 ms")
            .Should().BeOfType<SocketTimeoutException>().Which.Operation.Should().Be("receive");
        FailureCheck.Of(await Failure(pair.Client.ReceiveAsync(new byte[1])), "receive", SocketError.TimedOut, here, there, "timed out");
        FailureCheck.Of(
            () => endpoint.ReceiveFrom(new byte[1]), "receive", SocketError.TimedOut, endpoint.LocalEndPoint, null, "timed out");
        FailureCheck.Of(() => server.Accept(), "accept", SocketError.TimedOut, server.LocalEndPoint, null, "timed out");

        pair.Client.Blocking = endpoint.Blocking = server.Blocking = false;
        FailureCheck.Of(() => pair.Client.Receive(new byte[1]), "receive", SocketError.WouldBlock, here, there, "non-blocking mode");
        FailureCheck.Of(() => pair.Client.Peek(new byte[1]), "peek", SocketError.WouldBlock, here, there, "non-blocking mode");
        FailureCheck.Of(
            () => endpoint.ReceiveFrom(new byte[1]), "receive", SocketError.WouldBlock, endpoint.LocalEndPoint, null, "non-blocking mode");
        FailureCheck.Of(() => server.Accept(), "accept", SocketError.WouldBlock, server.LocalEndPoint, null, "non-blocking mode");
    }

    [Fact]
    public async Task A_peer_that_reset_the_connection()
    {
        using TcpPairUnderTest pair = ConnectPair();
        IPEndPoint here = pair.Client.LocalEndPoint;
        IPEndPoint there = pair.Client.RemoteEndPoint;
        pair.Accepted.Abort();

        FailureCheck.Of(
            await Failure(pair.Client.ReceiveAsync(new byte[1])),
            "receive",
            SocketError.ConnectionReset,
            here,
            there,
            "the peer reset the connection")
            .IsDisconnect().Should().BeTrue();
        FailureCheck.Of(() => pair.Client.Send("x"u8), "send", SocketError.Shutdown, here, there, "the peer has closed the connection")
            .IsDisconnect().Should().BeTrue();
    }

    [Fact]
    public async Task A_datagram_that_cannot_be_sent()
    {
        using UdpEndpoint endpoint = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0), UdpOptions);
        IPEndPoint here = endpoint.LocalEndPoint;
        var peer = new IPEndPoint(IPAddress.Loopback, 9);
        var network = new IPEndPoint(IPAddress.Parse("127.255.255.255"), 9);
        var everybody = new IPEndPoint(IPAddress.Broadcast, 9);
        byte[] tooLong = new byte[65_508];

        FailureCheck.Of(() => endpoint.SendTo(tooLong, peer), "send", SocketError.MessageSize, here, peer, "too long", "65 507");
        FailureCheck.Of(() => endpoint.SendTo(tooLong, peer.Serialize()), "send", SocketError.MessageSize, here, peer, "too long");
        FailureCheck.Of(() => endpoint.TrySendTo(tooLong, peer, out _), "send", SocketError.MessageSize, here, peer, "too long");
        FailureCheck.Of(await Failure(endpoint.SendToAsync(tooLong, peer)), "send", SocketError.MessageSize, here, peer, "too long");
        FailureCheck.Of(() => endpoint.SendTo("x"u8, network), "send", SocketError.AccessDenied, here, network, "EnableBroadcast")
            .Message.Should().NotContain("1024").And.NotContain("CAP_");
        Exception? broadcast = Record.Exception(() => endpoint.SendTo("x"u8, everybody));
        if (broadcast is SocketException { SocketErrorCode: SocketError.AccessDenied })
        {
            // Where a default route leads to a network.
            FailureCheck.Of(
                broadcast, "send", SocketError.AccessDenied, here, everybody, "a broadcast needs EnableBroadcast (AccessDenied).");
        }
    }

    [Fact]
    public void An_option_that_is_refused_shows_its_value()
    {
        using TcpPairUnderTest pair = ConnectPair();
        TcpClient client = pair.Client;
        IPEndPoint here = client.LocalEndPoint;
        IPEndPoint there = client.RemoteEndPoint;
        byte[] value = [0xDE, 0xAD, 0xBE, 0xEF];
        Exception? raw = Record.Exception(() => client.SetRawOption(6, 9999, value));
        Exception? read = Record.Exception(() => client.GetRawOption(6, 9999, new byte[4]));

        FailureCheck.Of(
            raw, "set option (6, 9999)", ((SocketException)raw!).SocketErrorCode, here, there, "to 0xDEADBEEF on ", "does not have it");
        FailureCheck.Of(read, "get option (6, 9999)", ((SocketException)read!).SocketErrorCode, here, there, "does not have it");
        if (OperatingSystem.IsLinux())
        {
            Exception? refused = Record.Exception(() => client.SetOption(SocketOption.Congestion, "no-such"));
            FailureCheck.Of(
                refused,
                "set option TCP_CONGESTION",
                ((SocketException)refused!).SocketErrorCode,
                here,
                there,
                "to 'no-such' on ",
                "nothing of that name");
            FailureCheck.Of(
                () => client.SetOption(SocketOption.MaxSegmentSize, 1),
                "set option TCP_MAXSEG",
                SocketError.InvalidArgument,
                here,
                there,
                "to 1 on ");
            FailureCheck.Of(() => RefuseTo(client.Socket), "set option TCP_MAXSEG", SocketError.InvalidArgument, null, null, "to 1 failed");
        }

        static void RefuseTo(Socket socket) => SocketOption.MaxSegmentSize.SetOn(socket, 1);
    }

    [Fact]
    public void A_call_on_a_closed_socket_names_itself()
    {
        TcpPairUnderTest pair = ConnectPair();
        TcpServer server = Listen();
        UdpEndpoint endpoint = Bind();
        pair.Dispose();
        server.Dispose();
        endpoint.Dispose();
        TcpClient client = pair.Client;

        FailureCheck.Closed(() => _ = client.Available, "get available on ", "disposed");
        FailureCheck.Closed(() => _ = client.NoDelay, "get option TCP_NODELAY on ");
        FailureCheck.Closed(() => client.NoDelay = true, "set option TCP_NODELAY on ");
        FailureCheck.Closed(() => _ = client.KeepAlive, "get option SO_KEEPALIVE on ");
        FailureCheck.Closed(() => client.Linger = null, "set option SO_LINGER on ");
        FailureCheck.Closed(() => _ = client.UserTimeout, "get option TCP_USER_TIMEOUT on ");
        FailureCheck.Closed(() => client.GetOption(SocketOption.QuickAck), "get option TCP_QUICKACK on ");
        FailureCheck.Closed(() => client.SetOption(SocketOption.QuickAck, true), "set option TCP_QUICKACK on ");
        FailureCheck.Closed(() => client.GetRawOption(6, 1, new byte[4]), "get option on ");
        FailureCheck.Closed(() => _ = client.Socket, "get socket on ");
        FailureCheck.Closed(() => client.DuplicateHandle(), "duplicate handle on ");
        FailureCheck.Closed(() => client.WaitReadable(TimeSpan.Zero), "wait on ");
        FailureCheck.Closed(() => client.ShutdownSend(), "shutdown on ");
        FailureCheck.Closed(() => server.ServeAsync(static (_, _) => Task.CompletedTask), "serve on ", "stopped");
        FailureCheck.Closed(() => server.Accept(), "accept on ");
        FailureCheck.Closed(() => endpoint.Receive(new byte[1]), "receive on ");
        FailureCheck.Closed(() => endpoint.EnableBroadcast = true, "set option SO_BROADCAST on ");
        FailureCheck.Closed(() => endpoint.MulticastTimeToLive = 2, "set option IP_MULTICAST_TTL on ");
        FailureCheck.Closed(() => _ = endpoint.MulticastLoopback, "get option IP_MULTICAST_LOOP on ");
        FailureCheck.Closed(() => endpoint.MulticastInterface = 1, "set option IP_MULTICAST_IF on ");
        FailureCheck.Closed(() => endpoint.JoinGroup(IPAddress.Parse("239.1.1.1")), "join group 239.1.1.1 on ");
        if (OperatingSystem.IsLinux())
        {
            FailureCheck.Closed(() => client.GetInfo(), "get option TCP_INFO on ");
        }
    }

    private static Task<Exception?> Failure<T>(ValueTask<T> call) => Expect.Failure(call.AsTask());
}

public sealed class FailureTests_Portable : FailureTests<PortableUnderTest>;

public sealed class FailureTests_Epoll : FailureTests<EpollUnderTest>;
