using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Sockets;

/// <summary>Each type of socket says which engine it runs on.</summary>
public abstract class EngineOfSocketTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    /// <summary>What moves the bytes of connections that were made elsewhere.</summary>
    private static SocketEngine Adopted =>
        SocketEngine.Default.Description.StartsWith("portable", StringComparison.Ordinal) ? SocketEngine.Default : SocketEngine.Portable;

    [Fact]
    public async Task Tcp_runs_on_the_engine_of_the_options_also_after_the_end()
    {
        using TcpServer server = Listen();
        using TcpClient blocking = Connect(server);
        using TcpConnection accepted = server.Accept();
        using TcpClient client = await TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions).Within();
        using TcpConnection acceptedAsync = await server.AcceptAsync().Within();
        SocketBase[] sockets = [server, blocking, accepted, client, acceptedAsync];

        sockets.Should().OnlyContain(socket => socket.Engine == Engine);
        Array.ForEach(sockets, static socket => socket.Dispose());
        sockets.Should().OnlyContain(socket => socket.Engine == Engine);
    }

    [Fact]
    public void Without_options_it_is_the_default_engine()
    {
        (TcpConnection first, TcpConnection second) = TcpConnection.CreatePair();
        using TcpServer server = TcpServer.Listen("127.0.0.1", 0);
        using (first)
        using (second)
        {
            (server.Engine, first.Engine, second.Engine).Should().Be((SocketEngine.Default, SocketEngine.Default, SocketEngine.Default));
        }
    }

    [Fact]
    public void Udp_runs_on_the_engine_of_the_options()
    {
        var options = new UdpEndpointOptions { Engine = Engine };
        using UdpEndpoint bound = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), options);
        using UdpEndpoint connected = UdpEndpoint.Connect("127.0.0.1", bound.Port, options);

        (bound.Engine, connected.Engine).Should().Be((Engine, Engine));
    }

    [LinuxFact]
    public void Unix_sockets_say_so_too()
    {
        using UnixServer server = ListenUnix(PathOf());
        using UnixClient client = ConnectUnix(PathOf());
        using UnixConnection accepted = server.Accept();
        UnixServerOptions guarded = UnixServerOptions;
        guarded.AllowedUserIds = [OwnUserId];
        using UnixServer guardedServer = ListenUnix(PathOf("g"), guarded);
        using UnixDatagramEndpoint datagrams = UnixDatagramEndpoint.Bind(PathOf("d"), new UnixDatagramOptions { Engine = Engine });

        (server.Engine, client.Engine, accepted.Engine, guardedServer.Engine).Should().Be((Engine, Engine, Engine, Engine));
        datagrams.Engine.Should().Be(Engine);
    }

    [Fact]
    public void A_connection_that_was_made_elsewhere_runs_on_the_portable_engine_and_datagrams_on_the_default_one()
    {
        using TcpServer server = Listen();
        var stream = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        stream.Connect(server.LocalEndPoint);
        var datagrams = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        datagrams.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using TcpConnection connection = TcpConnection.FromSocket(stream);
        using UdpEndpoint endpoint = UdpEndpoint.FromSocket(datagrams);

        (connection.Engine, endpoint.Engine).Should().Be((Adopted, SocketEngine.Default));
    }

    [Fact]
    public void A_listener_that_was_made_elsewhere_accepts_on_the_default_engine()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using TcpServer server = TcpServer.FromSocket(listener);
        using TcpClient client = Connect(server);
        using TcpConnection accepted = server.Accept();

        (server.Engine, accepted.Engine).Should().Be((SocketEngine.Default, SocketEngine.Default));
    }
}

public sealed class EngineOfSocketTests_Portable : EngineOfSocketTests<PortableUnderTest>;

public sealed class EngineOfSocketTests_Epoll : EngineOfSocketTests<EpollUnderTest>;
