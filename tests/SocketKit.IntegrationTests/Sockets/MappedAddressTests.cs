using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Sockets;

/// <summary>::ffff:127.0.0.1 is 127.0.0.1, wherever an address is given.</summary>
public abstract class MappedAddressTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const string Host = "::ffff:127.0.0.1";

    private static readonly IPAddress s_mapped = IPAddress.Parse(Host);

    [Fact]
    public async Task A_client_connects_to_a_mapped_address_over_IPv4()
    {
        using TcpServer server = Listen();
        var remote = new IPEndPoint(s_mapped, server.Port);

        foreach (TcpClient client in new[]
        {
            TcpClient.TryConnect(remote, ClientOptions).Client!,
            TcpClient.Connect(Host, server.Port, ClientOptions),
            TcpClient.Connect($"[{Host}]", server.Port, ClientOptions),
            TcpClient.Connect(remote, ClientOptions),
            await TcpClient.ConnectAsync(Host, server.Port, ClientOptions).Within(),
            await TcpClient.ConnectAsync(remote, ClientOptions).Within(),
        })
        {
            using (client)
            {
                client.RemoteEndPoint.Should().Be(server.LocalEndPoint);
                client.ConnectAttempts.Should().ContainSingle().Which.EndPoint.Should().Be(server.LocalEndPoint);
            }
        }
    }

    [Fact]
    public void Filter_and_family_see_a_mapped_address_as_IPv4()
    {
        using TcpServer server = Listen();
        IPAddress? seen = null;
        TcpClientOptions options = ClientOptions;
        options.AddressFamily = AddressFamily.InterNetwork;
        options.LocalEndPoint = new IPEndPoint(s_mapped, 0);
        options.AddressFilter = address => (seen = address) is not null;

        using (TcpClient.Connect(Host, server.Port, options))
        using (TcpClient.Connect(new IPEndPoint(IPAddress.Loopback, server.Port), options))
        {
            seen.Should().Be(IPAddress.Loopback);
        }

        options.AddressFilter = static address => !address.Equals(IPAddress.Loopback);
        Record.Exception(() => TcpClient.Connect(Host, server.Port, options)).Should().BeOfType<SocketConnectException>()
            .Which.SocketErrorCode.Should().Be(SocketError.AddressNotAvailable);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_server_on_a_mapped_address_is_an_IPv4_server(bool dualMode)
    {
        TcpServerOptions options = ServerOptions;
        options.DualMode = dualMode;
        foreach (TcpServer server in new[] { TcpServer.Listen(Host, 0, options), TcpServer.Listen(new IPEndPoint(s_mapped, 0), options) })
        {
            using (server)
            using (Connect(server))
            {
                server.LocalEndPoint.Address.Should().Be(IPAddress.Loopback);
            }
        }
    }

    [Fact]
    public async Task A_UDP_endpoint_is_bound_and_connected_over_IPv4()
    {
        using UdpEndpoint peer = UdpEndpoint.Bind(Host, 0, UdpOptions);
        using UdpEndpoint other = UdpEndpoint.Bind(new IPEndPoint(s_mapped, 0), UdpOptions);
        using UdpEndpoint client = UdpEndpoint.Connect(Host, peer.Port, UdpOptions);
        using UdpEndpoint asynchronous = await UdpEndpoint.ConnectAsync(Host, peer.Port, UdpOptions).Within();

        peer.LocalEndPoint.Address.Should().Be(IPAddress.Loopback);
        other.ConnectTo(new IPEndPoint(s_mapped, peer.Port));
        foreach (UdpEndpoint sender in new[] { client, asynchronous, other })
        {
            sender.RemoteEndPoint.Should().Be(peer.LocalEndPoint);
            sender.SendTo("x"u8, new IPEndPoint(s_mapped, peer.Port)).Should().Be(1, "that is the peer");
            ShouldArrive(peer, sender);
        }
    }

    [IPv6Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_datagram_is_sent_to_a_mapped_address(bool dualMode)
    {
        using UdpEndpoint peer = Bind();
        using UdpEndpoint sender = dualMode ? UdpEndpoint.Bind(0, UdpOptions) : Bind();
        var to = new IPEndPoint(s_mapped, peer.Port);

        sender.SendTo("x"u8, to).Should().Be(1);
        ShouldArrive(peer, sender);
        sender.SendTo("x"u8, to.Serialize()).Should().Be(1);
        ShouldArrive(peer, sender);
        sender.TrySendTo("x"u8, to, out _).Should().BeTrue();
        ShouldArrive(peer, sender);
        sender.TrySendTo("x"u8, to.Serialize(), out _).Should().BeTrue();
        ShouldArrive(peer, sender);
        (await sender.SendToAsync("x"u8.ToArray(), to).Within()).Should().Be(1);
        ShouldArrive(peer, sender);
        (await sender.SendToAsync("x"u8.ToArray(), to.Serialize()).Within()).Should().Be(1);
        ShouldArrive(peer, sender);
    }

    [IPv6Fact]
    public void An_endpoint_of_IPv6_alone_refuses_a_mapped_address_as_it_refuses_an_IPv4_one()
    {
        UdpEndpointOptions options = UdpOptions;
        options.DualMode = false;
        using UdpEndpoint sender = UdpEndpoint.Bind("::", 0, options);

        foreach (IPAddress address in new[] { s_mapped, IPAddress.Loopback })
        {
            Record.Exception(() => sender.SendTo("x"u8, new IPEndPoint(address, 9))).Should().BeOfType<ArgumentException>()
                .Which.ParamName.Should().Be("to");
        }
    }

    [LinuxFact(Root = true)]
    public void A_raw_message_is_sent_to_a_mapped_address()
    {
        using RawEndpoint raw = RawEndpoint.Open(AddressFamily.InterNetwork, ProtocolType.Icmp, new RawEndpointOptions { Engine = Engine });

        raw.SendTo(new byte[8], new IPEndPoint(s_mapped, 0)).Should().Be(8);
        raw.SendTo(new byte[8], new IPEndPoint(s_mapped, 0).Serialize()).Should().Be(8);
    }

    private static void ShouldArrive(UdpEndpoint peer, UdpEndpoint sender)
    {
        peer.ReceiveTimeout = Limits.Hang;
        ((IPEndPoint)peer.ReceiveFrom(new byte[8]).RemoteEndPoint!).Port.Should().Be(sender.Port);
    }
}

public sealed class MappedAddressTests_Portable : MappedAddressTests<PortableUnderTest>;

public sealed class MappedAddressTests_PortableWithoutSystemCalls : MappedAddressTests<PortableWithoutSystemCalls>;

public sealed class MappedAddressTests_Epoll : MappedAddressTests<EpollUnderTest>;
