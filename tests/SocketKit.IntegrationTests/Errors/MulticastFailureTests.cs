using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Errors;

/// <summary>What joining and leaving groups says when it is refused.</summary>
public abstract class MulticastFailureTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Loopback = 1;
    private const int Missing = 999_999;
    private const string Join = "join group";
    private const string Leave = "leave group";
    private const string NoInterface = "there is no interface 999999 (AddressNotAvailable).";

    private static readonly IPAddress s_group = IPAddress.Parse("239.1.1.1");
    private static readonly IPAddress s_sourced = IPAddress.Parse("232.1.1.1");
    private static readonly IPAddress s_groupIPv6 = IPAddress.Parse("ff05::4711");
    private static readonly IPAddress s_source = IPAddress.Parse("192.0.2.7");
    private static readonly IPAddress s_sourceIPv6 = IPAddress.Parse("2001:db8::7");

    [Fact]
    public void A_group_on_an_interface_that_does_not_exist()
    {
        using UdpEndpoint endpoint = Bind();
        IPEndPoint here = endpoint.LocalEndPoint;

        Of(
            () => endpoint.JoinGroup(s_group, Missing),
            Join,
            SocketError.AddressNotAvailable,
            here,
            "239.1.1.1 (interface 999999) on ",
            NoInterface);
        Of(
            () => endpoint.LeaveGroup(s_group, Missing),
            Leave,
            SocketError.AddressNotAvailable,
            here,
            "239.1.1.1 (interface 999999) on ",
            NoInterface);
        Of(
            () => endpoint.JoinGroup(s_sourced, Missing, s_source),
            Join,
            SocketError.AddressNotAvailable,
            here,
            "232.1.1.1 (interface 999999, source 192.0.2.7) on ",
            NoInterface);
        Of(
            () => endpoint.LeaveGroup(s_sourced, Missing, s_source),
            Leave,
            SocketError.AddressNotAvailable,
            here,
            "source 192.0.2.7",
            NoInterface);
        Of(
            () => endpoint.MulticastInterface = Missing,
            "set option IP_MULTICAST_IF",
            SocketError.AddressNotAvailable,
            here,
            "to 999999 on ",
            NoInterface);
        endpoint.MulticastInterface.Should().Be(0);
    }

    [Fact]
    public void An_interface_whose_name_does_not_exist_is_named()
    {
        using UdpEndpoint endpoint = Bind();
        IPEndPoint here = endpoint.LocalEndPoint;

        // The second is longer than any name, the third ends early for a C library.
        foreach (string name in new[] { "nosuch0", "lo_and_more_than_16_bytes", "lo\0", "ö" })
        {
            string why = $"there is no interface '{name}' (AddressNotAvailable).";
            Of(() => endpoint.JoinGroup(s_group, name), "join group 239.1.1.1", SocketError.AddressNotAvailable, here, why);
            Of(() => endpoint.LeaveGroup(s_group, name), "leave group 239.1.1.1", SocketError.AddressNotAvailable, here, why);
            Of(
                () => endpoint.MulticastInterfaceName = name,
                "set option IP_MULTICAST_IF",
                SocketError.AddressNotAvailable,
                here,
                why);
        }

        Record.Exception(() => endpoint.JoinGroup(s_group, string.Empty)).Should().BeOfType<ArgumentException>();
        Record.Exception(() => endpoint.JoinGroup(s_group, null!)).Should().BeOfType<ArgumentNullException>();
        Record.Exception(() => endpoint.JoinGroup(null!, "nosuch0")).Should().BeOfType<ArgumentNullException>();
        Record.Exception(() => endpoint.MulticastInterfaceName = string.Empty).Should().BeOfType<ArgumentException>();
        endpoint.MulticastInterfaceName.Should().BeNull("nothing was set");
    }

    [LinuxFact]
    public void A_source_that_is_blocked_already_or_not_at_all()
    {
        using UdpEndpoint endpoint = Bind();
        IPEndPoint here = endpoint.LocalEndPoint;
        const string Block = "block a source of group";
        const string Unblock = "unblock a source of group";
        const string NotJoined = "has not joined the group there for all senders";

        Of(
            () => endpoint.BlockSource(s_group, s_source, Loopback),
            Block,
            SocketError.AddressNotAvailable,
            here,
            "source 192.0.2.7",
            NotJoined);
        Of(() => endpoint.UnblockSource(s_group, s_source, Loopback), Unblock, SocketError.AddressNotAvailable, here, NotJoined);
        Of(() => endpoint.BlockSource(s_group, s_source, Missing), Block, SocketError.AddressNotAvailable, here, NoInterface);
        endpoint.JoinGroup(s_group, Loopback);
        Of(
            () => endpoint.UnblockSource(s_group, s_source, Loopback),
            Unblock,
            SocketError.AddressNotAvailable,
            here,
            "is not blocked there");
        endpoint.BlockSource(s_group, s_source, Loopback);
        Of(() => endpoint.BlockSource(s_group, s_source, "lo"), Block, SocketError.AddressAlreadyInUse, here, "is blocked already");
        endpoint.UnblockSource(s_group, s_source, "lo");

        endpoint.JoinGroup(s_sourced, Loopback, s_source);
        Of(() => endpoint.BlockSource(s_sourced, s_source, Loopback), Block, SocketError.AddressNotAvailable, here, NotJoined);
        Record.Exception(() => endpoint.BlockSource(null!, s_source)).Should().BeOfType<ArgumentNullException>();
        Record.Exception(() => endpoint.BlockSource(s_group, null!)).Should().BeOfType<ArgumentNullException>();
        Record.Exception(() => endpoint.UnblockSource(s_group, null!, "lo")).Should().BeOfType<ArgumentNullException>();
        Record.Exception(() => endpoint.BlockSource(s_group, s_sourceIPv6)).Should().BeOfType<ArgumentException>();
    }

    [IPv6Fact]
    public void The_same_over_IPv6()
    {
        using UdpEndpoint endpoint = UdpEndpoint.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0), UdpOptions);
        IPEndPoint here = endpoint.LocalEndPoint;

        Of(
            () => endpoint.JoinGroup(s_groupIPv6, Missing),
            Join,
            SocketError.AddressNotAvailable,
            here,
            "ff05::4711 (interface 999999)",
            NoInterface);
        Of(() => endpoint.LeaveGroup(s_groupIPv6, Missing), Leave, SocketError.AddressNotAvailable, here, NoInterface);
        Of(() => endpoint.JoinGroup(s_groupIPv6, Missing, s_sourceIPv6), Join, SocketError.AddressNotAvailable, here, NoInterface);
        Of(() => endpoint.LeaveGroup(s_groupIPv6, Missing, s_sourceIPv6), Leave, SocketError.AddressNotAvailable, here, NoInterface);
        Of(() => endpoint.MulticastInterface = Missing, "set option IP_MULTICAST_IF", SocketError.AddressNotAvailable, here, NoInterface);
    }

    [LinuxFact]
    public void A_group_that_is_joined_already_or_not_at_all()
    {
        using UdpEndpoint endpoint = Bind();

        JoinsOnceAndLeavesOnce(endpoint, s_group, null);
        JoinsOnceAndLeavesOnce(endpoint, s_sourced, s_source);
    }

    [LinuxFact]
    public void The_name_of_an_interface_is_as_good_as_its_number()
    {
        using UdpEndpoint endpoint = Bind();
        foreach (IPAddress? source in new[] { null, s_source })
        {
            IPAddress group = source is null ? s_group : s_sourced;
            endpoint.JoinGroup(group, "lo", source);
            Of(
                () => endpoint.JoinGroup(group, Loopback, source),
                Join,
                SocketError.AddressAlreadyInUse,
                endpoint.LocalEndPoint,
                "joined already");
            endpoint.LeaveGroup(group, "lo", source);
            Of(
                () => endpoint.LeaveGroup(group, "lo", source),
                Leave,
                SocketError.AddressNotAvailable,
                endpoint.LocalEndPoint,
                "not a member");
        }

        endpoint.MulticastInterfaceName = "lo";
        endpoint.MulticastInterface.Should().Be(Loopback);
        endpoint.MulticastInterfaceName.Should().Be("lo");
        endpoint.MulticastInterfaceName = null;
        endpoint.MulticastInterface.Should().Be(0);
        endpoint.MulticastInterfaceName.Should().BeNull();
        endpoint.Dispose();
        Expect.Disposed(Record.Exception(() => endpoint.JoinGroup(s_group, "lo")));
        Expect.Disposed(Record.Exception(() => endpoint.MulticastInterfaceName = "lo"));
        Expect.Disposed(Record.Exception(() => endpoint.MulticastInterfaceName));
    }

    [IPv6Fact]
    public void A_group_over_IPv6_that_is_joined_already_or_not_at_all()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using UdpEndpoint endpoint = UdpEndpoint.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0), UdpOptions);

        JoinsOnceAndLeavesOnce(endpoint, s_groupIPv6, null);
        JoinsOnceAndLeavesOnce(endpoint, IPAddress.Parse("ff35::4711"), s_sourceIPv6);
    }

    [LinuxFact]
    public void One_group_more_than_the_system_allows()
    {
        using UdpEndpoint endpoint = Bind();
        int most = int.Parse(File.ReadAllText("/proc/sys/net/ipv4/igmp_max_memberships"), CultureInfo.InvariantCulture);
        for (int i = 0; i < most; i++)
        {
            endpoint.JoinGroup(Group(i), Loopback);
        }

        Of(
            () => endpoint.JoinGroup(Group(most), Loopback),
            Join,
            SocketError.NoBufferSpaceAvailable,
            endpoint.LocalEndPoint,
            $"{Group(most)} (interface 1) on ",
            "too many memberships",
            "igmp_max_memberships");
        endpoint.LeaveGroup(Group(0), Loopback);
        endpoint.JoinGroup(Group(most), Loopback);

        static IPAddress Group(int index) => new([239, 7, (byte)(index >> 8), (byte)index]);
    }

    [LinuxFact]
    public void A_group_for_all_that_is_joined_for_one_source_too()
    {
        using UdpEndpoint endpoint = Bind();
        endpoint.JoinGroup(s_group, Loopback, s_source);

        Of(() => endpoint.JoinGroup(s_group, Loopback), Join, SocketError.AddressAlreadyInUse, endpoint.LocalEndPoint, "joined already");
    }

    [NamespaceFact(":")]
    public async Task A_group_without_an_interface_where_no_route_leads_to_it()
    {
        IReadOnlyList<string> lines = await NetProbe.RunAsync("portable", NetProbe.Namespace(":"), "join", s_group.ToString());

        lines.Should().ContainSingle().Which.Should().Contain("AddressNotAvailable: join group 239.1.1.1 (default interface) on ")
            .And.Contain("no route leads to the group, and no interface was named");
    }

    private static void JoinsOnceAndLeavesOnce(UdpEndpoint endpoint, IPAddress group, IPAddress? source)
    {
        IPEndPoint here = endpoint.LocalEndPoint;
        Of(
            () => endpoint.LeaveGroup(group, Loopback, source),
            Leave,
            SocketError.AddressNotAvailable,
            here,
            group.ToString(),
            "not a member");
        endpoint.JoinGroup(group, Loopback, source);

        Of(
            () => endpoint.JoinGroup(group, Loopback, source),
            Join,
            SocketError.AddressAlreadyInUse,
            here,
            group.ToString(),
            "joined already");

        endpoint.LeaveGroup(group, Loopback, source);
        Of(() => endpoint.LeaveGroup(group, Loopback, source), Leave, SocketError.AddressNotAvailable, here, "not a member");
    }

    private static void Of(Action call, string operation, SocketError error, EndPoint local, params string[] words) =>
        FailureCheck.Of(call, operation, error, local, null, words);
}

public sealed class MulticastFailureTests_Portable : MulticastFailureTests<PortableUnderTest>;

public sealed class MulticastFailureTests_Epoll : MulticastFailureTests<EpollUnderTest>;
