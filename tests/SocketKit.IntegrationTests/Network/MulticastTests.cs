using System.Globalization;
using System.Net;
using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Network;

/// <summary>Groups on a machine with several interfaces, and senders that are another machine.</summary>
public abstract class MulticastTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Rounds = 10;
    private const string Group = "239.60.1.1";
    private const string GroupIPv6 = "ff15::6011";
    private const string SourcedGroup = "232.60.1.1";
    private const string SourcedGroupIPv6 = "ff35::6011";

    private readonly byte[] _buffer = new byte[256];

    [NamespaceTheory(TwoNetworks.Needs)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_group_joined_on_one_interface_is_not_received_from_the_other(bool isIPv6, bool byName)
    {
        using var networks = new TwoNetworks();
        IPAddress group = IPAddress.Parse(isIPv6 ? GroupIPv6 : Group);
        using UdpEndpoint member = BindAll(networks.Here, isIPv6);
        Join(networks.Here, member, group, "here1", byName);
        using UdpEndpoint wrong = SenderThrough(networks.There, isIPv6, "there0", byName);
        using UdpEndpoint right = SenderThrough(networks.There, isIPv6, "there1", byName);

        for (int round = 0; round < Rounds; round++)
        {
            Send(wrong, "wrong", group, member);
            Send(right, Text(round), group, member);
            (string text, ReceivedDatagram datagram) = Receive(member);
            text.Should().Be(Text(round));
            Enumerable.Range(2, 3).Select(last => TwoNetworks.Address(isIPv6, 1, last))
                .Should().Contain(((IPEndPoint)datagram.RemoteEndPoint!).Address);
            datagram.LocalAddress.Should().Be(group);
            datagram.InterfaceIndex.Should().Be(IndexOf(networks.Here, "here1"));
        }

        Leave(networks.Here, member, group, "here1", byName);
        Send(right, "after the end of the membership", group, member);
        Join(networks.Here, member, group, "here0", byName);
        Send(right, "wrong now", group, member);
        Send(wrong, "right now", group, member);
        Receive(member).Text.Should().Be("right now");
    }

    /// <summary>What a machine has joined for one socket, the kernel gives to all that have the port, until they refuse it.</summary>
    [NamespaceFact(TwoNetworks.Needs)]
    public void Groups_of_other_sockets_are_heard_until_MulticastAll_is_off()
    {
        using var networks = new TwoNetworks();
        IPAddress group = IPAddress.Parse(Group);
        using UdpEndpoint member = BindAll(networks.Here, isIPv6: false);
        using UdpEndpoint other = BindAll(networks.Here, isIPv6: false, member.Port);
        Join(networks.Here, member, group, "here0", byName: true);
        Join(networks.Here, other, group, "here1", byName: true);
        using UdpEndpoint sender = SenderThrough(networks.There, isIPv6: false, "there1", byName: true);

        Send(sender, "for the other", group, member);
        Receive(other).Text.Should().Be("for the other");
        Receive(member).Text.Should().Be("for the other");

        member.SetOption(SocketOption.MulticastAll, false);
        Send(sender, "for the other alone", group, member);
        Receive(other).Text.Should().Be("for the other alone");
        using UdpEndpoint right = SenderThrough(networks.There, isIPv6: false, "there0", byName: true);
        Send(right, "for the member", group, member);
        Receive(member).Text.Should().Be("for the member");
    }

    [NamespaceTheory(TwoNetworks.Needs)]
    [InlineData(false)]
    [InlineData(true)]
    public void A_member_for_all_senders_shuts_one_out_and_lets_it_in_again(bool isIPv6)
    {
        using var networks = new TwoNetworks();
        IPAddress group = IPAddress.Parse(isIPv6 ? GroupIPv6 : Group);
        using UdpEndpoint member = BindAll(networks.Here, isIPv6);
        Join(networks.Here, member, group, "here0", byName: true);
        using UdpEndpoint noisy = SenderFrom(networks.There, isIPv6, last: 2);
        using UdpEndpoint other = SenderFrom(networks.There, isIPv6, last: 3);
        IPAddress source = TwoNetworks.Address(isIPv6, 0, 2);
        int index = IndexOf(networks.Here, "here0");
        Send(noisy, "before", group, member);
        Receive(member).Text.Should().Be("before");

        networks.Here.Run(() =>
        {
            member.BlockSource(group, source, "here0");
            return 0;
        });
        for (int round = 0; round < Rounds; round++)
        {
            Send(noisy, "blocked", group, member);
            Send(other, Text(round), group, member);
            Receive(member).Text.Should().Be(Text(round));
        }

        // What one sender sends arrives in order, so nothing that was blocked is still under way.
        noisy.SendTo("to this machine alone", new IPEndPoint(TwoNetworks.Address(isIPv6, 0, 1), member.Port));
        Receive(member).Text.Should().Be("to this machine alone");
        member.UnblockSource(group, source, index);
        Send(noisy, "after", group, member);
        Receive(member).Text.Should().Be("after");
    }

    [NamespaceTheory(TwoNetworks.Needs)]
    [InlineData(false)]
    [InlineData(true)]
    public void Sources_are_joined_and_left_one_by_one(bool isIPv6)
    {
        using var networks = new TwoNetworks();
        IPAddress group = IPAddress.Parse(isIPv6 ? SourcedGroupIPv6 : SourcedGroup);
        using UdpEndpoint member = BindAll(networks.Here, isIPv6);
        if (!isIPv6)
        {
            member.SetOption(SocketOption.MulticastAll, false);
        }

        UdpEndpoint[] senders = [.. Enumerable.Range(2, 3).Select(last => SenderFrom(networks.There, isIPv6, last))];
        try
        {
            Change(last: 2, join: true);
            Hears(2);
            Change(last: 3, join: true);
            Hears(2, 3);
            Change(last: 2, join: false);
            Hears(3);
            Change(last: 4, join: true);
            Change(last: 3, join: false);
            Hears(4);
        }
        finally
        {
            Array.ForEach(senders, static sender => sender.Dispose());
        }

        void Change(int last, bool join) => networks.Here.Run(() =>
        {
            IPAddress source = TwoNetworks.Address(isIPv6, 0, last);
            if (join)
            {
                member.JoinGroup(group, "here0", source);
            }
            else
            {
                member.LeaveGroup(group, "here0", source);
            }

            return 0;
        });

        // All send in turn, again and again; what is heard is each time exactly this. A busy machine may swap what comes by two senders.
        void Hears(params int[] sources)
        {
            for (int round = 0; round < Rounds; round++)
            {
                for (int last = 2; last <= 4; last++)
                {
                    Send(senders[last - 2], Text(last), group, member);
                }

                var heard = new List<(string Text, IPAddress From)>();
                foreach (int _ in sources)
                {
                    (string text, ReceivedDatagram datagram) = Receive(member);
                    heard.Add((text, ((IPEndPoint)datagram.RemoteEndPoint!).Address));
                }

                heard.Should().BeEquivalentTo(sources.Select(last => (Text(last), TwoNetworks.Address(isIPv6, 0, last))));
            }

            member.TryReceiveFrom(_buffer, out _).Should().BeFalse();
        }
    }

    [NamespaceTheory(TwoNetworks.Needs)]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_loopback_the_own_machine_hears_nothing_and_with_no_hops_nobody_else_does(bool isIPv6)
    {
        using var networks = new TwoNetworks();
        IPAddress group = IPAddress.Parse(isIPv6 ? GroupIPv6 : Group);
        using UdpEndpoint near = BindAll(networks.Here, isIPv6);
        using UdpEndpoint far = BindAll(networks.There, isIPv6, near.Port);
        Join(networks.Here, near, group, "here0", byName: true);
        Join(networks.There, far, group, "there0", byName: true);
        using UdpEndpoint sender = SenderThrough(networks.Here, isIPv6, "here0", byName: true);

        Send(sender, "both", group, near);
        Receive(near).Text.Should().Be("both");
        Receive(far).Text.Should().Be("both");

        sender.MulticastLoopback = false;
        Send(sender, "far", group, near);
        Receive(far).Text.Should().Be("far");

        sender.MulticastLoopback = true;
        sender.MulticastTimeToLive = 0;
        Send(sender, "near", group, near);
        Receive(near).Text.Should().Be("near");

        sender.MulticastTimeToLive = 1;
        Send(sender, "both again", group, near);
        Receive(near).Text.Should().Be("both again");
        Receive(far).Text.Should().Be("both again");
    }

    /// <summary>Taken down, an interface keeps its memberships; taken away, it takes them along.</summary>
    [NamespaceTheory(TwoNetworks.Needs)]
    [InlineData(false)]
    [InlineData(true)]
    public void A_membership_outlives_an_interface_that_goes_down_and_not_one_that_goes_away(bool isIPv6)
    {
        using var networks = new TwoNetworks();
        IPAddress group = IPAddress.Parse(isIPv6 ? GroupIPv6 : Group);
        using UdpEndpoint member = BindAll(networks.Here, isIPv6);
        Join(networks.Here, member, group, "here0", byName: true);
        using UdpEndpoint sender = SenderThrough(networks.There, isIPv6, "there0", byName: true);

        networks.Here.Shell("ip link set here0 down; ip link set here0 up");
        networks.AwaitCable(0);
        Send(sender, "up again", group, member);
        Receive(member).Text.Should().Be("up again");

        networks.Here.Shell(
            $"ip link del here0; ip link add here0 type veth peer name there0 netns {networks.There.File}; ip link set here0 up");
        networks.There.Shell("ip link set there0 up; ip addr add 10.60.0.2/24 dev there0; ip addr add fd60:0::2/64 dev there0 nodad");
        networks.AwaitCable(0);
        using UdpEndpoint next = SenderThrough(networks.There, isIPv6, "there0", byName: true);
        Send(next, "not a member", group, member);
        Join(networks.Here, member, group, "here0", byName: true);
        Send(next, "a member again", group, member);
        Receive(member).Text.Should().Be("a member again");
    }

    private UdpEndpoint BindAll(NetworkNamespace network, bool isIPv6, int port = 0) => network.Run(() =>
    {
        UdpEndpointOptions options = UdpOptions;
        options.ReceivePacketInfo = true;
        options.ReuseAddress = true;
        options.DualMode = false;
        options.ReceiveTimeout = Limits.Hang;
        return UdpEndpoint.Bind(new IPEndPoint(isIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port), options);
    });

    private UdpEndpoint SenderThrough(NetworkNamespace network, bool isIPv6, string interfaceName, bool byName) => network.Run(() =>
    {
        UdpEndpointOptions options = UdpOptions;
        options.DualMode = false;
        UdpEndpoint sender = UdpEndpoint.Bind(new IPEndPoint(isIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 0), options);
        if (byName)
        {
            sender.MulticastInterfaceName = interfaceName;
        }
        else
        {
            sender.MulticastInterface = IndexHere(interfaceName);
        }

        return sender;
    });

    /// <summary>A sender with one of the addresses on the first cable.</summary>
    private UdpEndpoint SenderFrom(NetworkNamespace network, bool isIPv6, int last) => network.Run(() =>
    {
        var sender = UdpEndpoint.Bind(new IPEndPoint(TwoNetworks.Address(isIPv6, 0, last), 0), UdpOptions);
        sender.MulticastInterfaceName = "there0";
        return sender;
    });

    private static void Join(NetworkNamespace network, UdpEndpoint member, IPAddress group, string interfaceName, bool byName) =>
        network.Run(() =>
        {
            if (byName)
            {
                member.JoinGroup(group, interfaceName);
            }
            else
            {
                member.JoinGroup(group, IndexHere(interfaceName));
            }

            return 0;
        });

    private static void Leave(NetworkNamespace network, UdpEndpoint member, IPAddress group, string interfaceName, bool byName) =>
        network.Run(() =>
        {
            if (byName)
            {
                member.LeaveGroup(group, interfaceName);
            }
            else
            {
                member.LeaveGroup(group, IndexHere(interfaceName));
            }

            return 0;
        });

    private static void Send(UdpEndpoint sender, string text, IPAddress group, UdpEndpoint member) =>
        sender.SendTo(text, new IPEndPoint(group, member.Port));

    private (string Text, ReceivedDatagram Datagram) Receive(UdpEndpoint member)
    {
        ReceivedDatagram datagram = member.ReceiveFrom(_buffer);
        return (Encoding.UTF8.GetString(_buffer, 0, datagram.Length), datagram);
    }

    private static int IndexOf(NetworkNamespace network, string interfaceName) => network.Run(() => IndexHere(interfaceName));

    /// <summary>The number of an interface in the namespace of this thread: the first word of a line of /proc/net/igmp.</summary>
    private static int IndexHere(string interfaceName) => File.ReadLines("/proc/thread-self/net/igmp")
        .Select(static line => line.Split([' ', '\t', ':'], StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words.Length > 1 && words[1] == interfaceName)
        .Select(static words => int.Parse(words[0], CultureInfo.InvariantCulture))
        .First();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

public sealed class MulticastTests_Portable : MulticastTests<PortableUnderTest>;

public sealed class MulticastTests_PortableWithoutSystemCalls : MulticastTests<PortableWithoutSystemCalls>;

public sealed class MulticastTests_Epoll : MulticastTests<EpollUnderTest>;
