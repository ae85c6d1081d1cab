using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

public abstract class UdpErrorTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public void A_datagram_that_is_too_long_is_refused_and_the_endpoint_lives_on()
    {
        using UdpEndpoint sender = Bind();
        using UdpEndpoint receiver = Bind();

        new Action(() => sender.SendTo(new byte[65_508], receiver.LocalEndPoint)).Should().Throw<System.Net.Sockets.SocketException>()
            .WithMessage("*too long*65 507*").Which.SocketErrorCode.Should().Be(SocketError.MessageSize);
        sender.SendTo("short"u8, receiver.LocalEndPoint).Should().Be(5);
    }

    [Fact]
    public void A_broadcast_needs_the_option()
    {
        using UdpEndpoint sender = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0), UdpOptions);
        var everybody = new IPEndPoint(IPAddress.Parse("127.255.255.255"), DeadEndPoint().Port);

        new Action(() => sender.SendTo("x"u8, everybody)).Should().Throw<System.Net.Sockets.SocketException>()
            .WithMessage("*EnableBroadcast*").Which.SocketErrorCode.Should().Be(SocketError.AccessDenied);
        sender.EnableBroadcast = true;
        sender.SendTo("x"u8, everybody).Should().Be(1);
    }

    [Fact]
    public void Another_family_or_no_port_is_refused_before_any_system_call()
    {
        using UdpEndpoint sender = Bind();

        new Action(() => sender.SendTo("x"u8, new IPEndPoint(IPAddress.IPv6Loopback, 9)))
            .Should().Throw<ArgumentException>().WithMessage("*InterNetworkV6*");
        new Action(() => sender.SendTo("x"u8, new IPEndPoint(IPAddress.IPv6Loopback, 9).Serialize())).Should().Throw<ArgumentException>();
        new Action(() => sender.SendTo("x"u8, new DnsEndPoint("localhost", 9))).Should().Throw<ArgumentException>();
        new Action(() => sender.SendTo("x"u8, new IPEndPoint(IPAddress.Loopback, 0))).Should().Throw<ArgumentOutOfRangeException>();
        new Action(() => sender.SendTo("x"u8, (EndPoint)null!)).Should().Throw<ArgumentNullException>();
        new Action(() => sender.ConnectTo(new IPEndPoint(IPAddress.IPv6Loopback, 9))).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void A_port_in_use_is_refused_unless_both_share_it()
    {
        using UdpEndpoint first = Bind();
        var sharing = new UdpEndpointOptions { Engine = Engine, ReuseAddress = true };

        new Action(() => UdpEndpoint.Bind(first.LocalEndPoint, UdpOptions)).Should().Throw<System.Net.Sockets.SocketException>()
            .Which.SocketErrorCode.Should().Be(SocketError.AddressAlreadyInUse);
        new Action(() => UdpEndpoint.Bind(first.LocalEndPoint, sharing)).Should().Throw<System.Net.Sockets.SocketException>();

        using UdpEndpoint one = Bind(sharing);
        using UdpEndpoint other = UdpEndpoint.Bind(one.LocalEndPoint, sharing);
        other.Port.Should().Be(one.Port);
    }

    [Fact]
    public void An_unroutable_target_is_a_typed_error()
    {
        using UdpEndpoint sender = Bind();

        // A socket bound to loopback cannot reach the world.
        new Action(() => sender.SendTo("x"u8, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 9)))
            .Should().Throw<System.Net.Sockets.SocketException>();
        sender.SendTo("x"u8, sender.LocalEndPoint).Should().Be(1);
    }

    [IPv6Fact]
    public void A_dual_mode_endpoint_shows_IPv4_as_IPv4()
    {
        using UdpEndpoint server = UdpEndpoint.Bind(0, UdpOptions);
        using UdpEndpoint client = Bind();
        using UdpEndpoint client6 = UdpEndpoint.Bind("::1", 0, UdpOptions);
        byte[] buffer = new byte[16];
        var from = new SocketAddress(AddressFamily.InterNetworkV6);

        client.SendTo("4"u8, new IPEndPoint(IPAddress.Loopback, server.Port));
        ReceivedDatagram received = server.ReceiveFrom(buffer);
        received.RemoteEndPoint.Should().Be(client.LocalEndPoint);
        server.SendTo("44"u8, received.RemoteEndPoint!);
        server.SendTo("444"u8, client.LocalEndPoint.Serialize());
        client.ReceiveFrom(buffer).Length.Should().Be(2);
        client.ReceiveFrom(buffer).Length.Should().Be(3);

        client6.SendTo("6"u8, new IPEndPoint(IPAddress.IPv6Loopback, server.Port));
        server.ReceiveFrom(buffer, from);
        server.SendTo("66"u8, from);
        client6.ReceiveFrom(buffer).Length.Should().Be(2);
        server.ConnectTo(client.LocalEndPoint);
        server.RemoteEndPoint.Should().Be(client.LocalEndPoint);
        server.Send("4444"u8);
        client.ReceiveFrom(buffer).Length.Should().Be(4);
    }

    [Fact]
    public void Packet_information_tells_where_a_datagram_was_sent_to_from_the_first_one_on()
    {
        using UdpEndpoint server = UdpEndpoint.Bind(0, new UdpEndpointOptions { Engine = Engine, ReceivePacketInfo = true });
        using UdpEndpoint client = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0), UdpOptions);

        client.SendTo("x"u8, new IPEndPoint(IPAddress.Parse("127.0.0.7"), server.Port));
        ReceivedDatagram received = server.ReceiveFrom(new byte[8]);

        received.LocalAddress.Should().Be(IPAddress.Parse("127.0.0.7"));
        received.InterfaceIndex.Should().BePositive();
    }

    [Fact]
    public void Multicast_reaches_a_member_and_nobody_else()
    {
        var group = IPAddress.Parse("239.255.41.7");
        using UdpEndpoint member = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0), UdpOptions);
        using UdpEndpoint sender = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0), UdpOptions);
        sender.MulticastInterface = 1;
        sender.MulticastTimeToLive = 0;
        sender.MulticastLoopback = true;
        var target = new IPEndPoint(group, member.Port);
        byte[] buffer = new byte[8];

        member.JoinGroup(group, interfaceIndex: 1);
        sender.SendTo("hello"u8, target);
        member.ReceiveTimeout = Limits.Hang;
        member.ReceiveFrom(buffer).Length.Should().Be(5);

        member.LeaveGroup(group, interfaceIndex: 1);
        sender.SendTo("gone"u8, target);
        member.JoinGroup(group, 1, source: ((IPEndPoint)LoopbackSource(sender, target, member)).Address);
        sender.SendTo("source"u8, target);
        member.ReceiveFrom(buffer).Length.Should().Be(6);

        sender.MulticastTimeToLive.Should().Be(0);
        sender.MulticastLoopback.Should().BeTrue();
        sender.MulticastInterface.Should().Be(1);
        new Action(() => member.JoinGroup(IPAddress.Loopback)).Should().Throw<ArgumentException>();
        new Action(() => member.JoinGroup(IPAddress.Parse("ff02::1"))).Should().Throw<ArgumentException>();
    }

    /// <summary>The address that the sender's multicast datagrams carry.</summary>
    private static EndPoint LoopbackSource(UdpEndpoint sender, IPEndPoint target, UdpEndpoint member)
    {
        member.JoinGroup(target.Address, 1);
        sender.SendTo("who?"u8, target);
        EndPoint source = member.ReceiveFrom(new byte[8]).RemoteEndPoint!;
        member.LeaveGroup(target.Address, 1);
        return source;
    }
}

public sealed class UdpErrorTests_Portable : UdpErrorTests<PortableUnderTest>;

public sealed class UdpErrorTests_PortableWithoutSystemCalls : UdpErrorTests<PortableWithoutSystemCalls>;

public sealed class UdpErrorTests_Epoll : UdpErrorTests<EpollUnderTest>;
