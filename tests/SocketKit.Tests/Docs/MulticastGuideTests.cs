using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>Runs the code of samples/guide/multicast.md. Nothing leaves this machine.</summary>
public sealed class MulticastGuideTests
{
    private static readonly IPAddress s_group = IPAddress.Parse("239.255.12.34");

    /// <summary>Of this machine only: the system announces such members to nobody.</summary>
    private static readonly IPAddress s_groupIPv6 = IPAddress.Parse("ff01::1234");

    /// <summary>The group of all hosts, which every host belongs to without announcing it (RFC 3376 section 6).</summary>
    private static readonly IPAddress s_allHosts = IPAddress.Parse("224.0.0.1");

    private readonly byte[] _buffer = new byte[64];

    public MulticastGuideTests() => MulticastSnippets.Printed.Clear();

    private static string Loopback { get; } = NetworkInterface.GetAllNetworkInterfaces()
        .First(static each => each.NetworkInterfaceType == NetworkInterfaceType.Loopback).Name;

    [Fact]
    public async Task A_member_receives_what_is_sent_to_its_group()
    {
        UdpEndpoint? member = null;
        Task receiving = MulticastSnippets.Member(0, Loopback, started => member = started);

        await MulticastSnippets.Sender(s_group, member!.Port, Loopback).Within();
        await Eventually.BeTrueAsync(() => !MulticastSnippets.Printed.IsEmpty, "the datagram arrives");
        member.Dispose();
        await receiving.Within();

        MulticastSnippets.Printed.Should().ContainSingle().Which.Should().EndWith(": hello, group");
    }

    [Fact]
    public void An_interface_is_found_by_its_address()
    {
        MulticastSnippets.ByAddress(IPAddress.Loopback).Should().Be(Loopback);
    }

    [Fact]
    public void A_group_is_joined_on_each_interface_that_is_up()
    {
        using var member = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0));

        MulticastSnippets.Everywhere(member, s_allHosts).Should().BeGreaterThanOrEqualTo(0);
        MulticastSnippets.OnlyOwnGroups(member);

        if (OperatingSystem.IsLinux())
        {
            member.GetOption(SocketOption.MulticastAll).Should().BeFalse();
        }
    }

    [LinuxFact]
    public void Another_source_is_not_heard()
    {
        using var member = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0));
        MulticastSnippets.OnlyOwnGroups(member);
        using var sender = UdpEndpoint.Bind("localhost", 0);
        using var stranger = UdpEndpoint.Bind("127.0.0.2", 0);
        sender.MulticastInterfaceName = stranger.MulticastInterfaceName = Loopback;

        MulticastSnippets.OneSource(member, s_group, Loopback, IPAddress.Loopback);
        stranger.SendTo("not heard", new IPEndPoint(s_group, member.Port));
        sender.SendTo("heard", new IPEndPoint(s_group, member.Port));

        ReceivedBy(member).Should().Be("heard");
    }

    [Fact]
    public void A_sender_is_shut_out_and_let_in_again()
    {
        using var member = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0));
        using var sender = UdpEndpoint.Bind("127.0.0.1", 0);
        sender.MulticastInterfaceName = Loopback;
        member.JoinGroup(s_group, Loopback);

        MulticastSnippets.AllButOne(member, s_group, Loopback, IPAddress.Loopback);
        sender.SendTo("heard", new IPEndPoint(s_group, member.Port));

        ReceivedBy(member).Should().Be("heard");
    }

    [Fact]
    public async Task Each_of_several_listeners_on_a_port_gets_a_copy()
    {
        (UdpEndpoint one, UdpEndpoint other) = MulticastSnippets.Shared(0, s_group, Loopback);
        using (one)
        using (other)
        {
            await MulticastSnippets.Sender(s_group, one.Port, Loopback).Within();

            ReceivedBy(one).Should().Be("hello, group");
            ReceivedBy(other).Should().Be("hello, group");
        }
    }

    [MulticastOverIPv6Fact]
    public void A_group_of_IPv6_is_reached_by_a_named_interface()
    {
        using var sender = UdpEndpoint.Bind(new IPEndPoint(IPAddress.IPv6Any, 0), new UdpEndpointOptions { DualMode = false });

        // 0: not even to the link.
        sender.MulticastTimeToLive = 0;

        MulticastSnippets.OverIPv6(
            sender, s_groupIPv6, MulticastOverIPv6FactAttribute.InterfaceName!, member => ReceivedBy(member).Should().Be("hello, link"));
    }

    [LinuxFact]
    public void A_broadcast_reaches_an_endpoint_on_all_addresses()
    {
        using var receiver = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0));

        MulticastSnippets.Broadcast(IPAddress.Parse("127.255.255.255"), receiver.Port);

        ReceivedBy(receiver).Should().Be("anybody there?");
    }

    [Fact]
    public async Task A_service_is_found_by_its_group()
    {
        using var door = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0), new UdpEndpointOptions { ReceivePacketInfo = true });
        door.JoinGroup(s_group, Loopback);
        using var service = UdpEndpoint.Bind("localhost", 0);
        using var client = UdpEndpoint.Bind("localhost", 0);
        client.MulticastInterfaceName = Loopback;
        Task answering = MulticastSnippets.Answer(door, service, s_group);

        IPEndPoint? found = await MulticastSnippets.Find(client, s_group, door.Port).Within();

        found.Should().Be(service.LocalEndPoint);
        door.Dispose();
        await answering.Within();
    }

    private string ReceivedBy(UdpEndpoint endpoint) =>
        Encoding.UTF8.GetString(_buffer, 0, endpoint.ReceiveFrom(_buffer, Limits.Hang).Length);

    /// <summary>A test that needs an interface with a route for IPv6 multicast, which loopback does not have everywhere.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class MulticastOverIPv6FactAttribute : FactAttribute
    {
        public MulticastOverIPv6FactAttribute() => Skip = InterfaceName is null ? "needs an interface with multicast over IPv6" : null;

        public static string? InterfaceName { get; } = Requirement.HasIPv6Loopback
            ? NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(IsReachable)?.Name
            : null;

        private static bool IsReachable(NetworkInterface candidate)
        {
            if (candidate.OperationalStatus != OperationalStatus.Up || !candidate.SupportsMulticast)
            {
                return false;
            }

            using var probe = UdpEndpoint.Bind(new IPEndPoint(IPAddress.IPv6Any, 0), new UdpEndpointOptions { DualMode = false });
            try
            {
                probe.MulticastInterfaceName = candidate.Name;
                probe.MulticastTimeToLive = 0;
                return probe.SendTo("x", new IPEndPoint(s_groupIPv6, probe.Port)) > 0;
            }
            catch (SocketException)
            {
                // This interface has no IPv6.
                return false;
            }
        }
    }
}
