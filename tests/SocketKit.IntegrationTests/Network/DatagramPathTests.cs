using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Network;

/// <summary>Interfaces that go down and come back, and packets that are too long for the way.</summary>
public abstract class DatagramPathTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    /// <summary>IP_PMTUDISC_DO of linux/in.h: no fragments.</summary>
    private const int DontFragment = 2;

    private const int NarrowMtu = 1300;
    private const int HeadersIPv4 = 20 + 8;
    private const int HeadersIPv6 = 40 + 8;

    private readonly byte[] _buffer = new byte[65_536];

    private static bool HasSystemCalls => typeof(TEngine) != typeof(PortableWithoutSystemCalls);

    [NamespaceTheory(TwoNetworks.Needs)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_the_interface_each_send_is_refused_and_with_it_all_goes_on(bool isIPv6)
    {
        using var networks = new TwoNetworks();
        using UdpEndpoint near = BindAll(networks.Here, isIPv6);
        using UdpEndpoint far = networks.There.Run(
            () => UdpEndpoint.Bind(new IPEndPoint(TwoNetworks.Address(isIPv6, 0, 2), 0), UdpOptions));
        using UdpEndpoint connected = BindAll(networks.Here, isIPv6);
        var to = new IPEndPoint(TwoNetworks.Address(isIPv6, 0, 2), far.Port);
        connected.ConnectTo(to);
        Task<ReceivedDatagram> pending = near.ReceiveFromAsync(_buffer).AsTask();
        Task<ReceivedDatagram> blocked = Limits.OnThread(() => connected.Receive(new byte[16]));

        for (int round = 0; round < 3; round++)
        {
            networks.Here.Shell("ip link set here0 down");
            foreach (CallShape shape in Enum.GetValues<CallShape>())
            {
                await Expect.Socket(SendAsync(near, to, shape), SocketError.NetworkUnreachable);
                await Expect.Socket(SendAsync(connected, null, shape), SocketError.NetworkUnreachable);
            }

            using var batch = new DatagramBatch(2, 16);
            batch.Add("x"u8, to.Serialize());
            Expect.Socket(Record.Exception(() => near.SendBatch(batch)), SocketError.NetworkUnreachable);
            pending.IsCompleted.Should().BeFalse();
            blocked.IsCompleted.Should().BeFalse();

            // An address of IPv6 goes with its interface.
            networks.Here.Shell("ip link set here0 up; ip addr replace fd60:0::1/64 dev here0 nodad");
            networks.AwaitCable(0);
            near.SendBatch(batch).Should().Be(1);
            far.ReceiveFrom(_buffer).Length.Should().Be(1);
            foreach (CallShape shape in Enum.GetValues<CallShape>())
            {
                await SendAsync(near, to, shape);
                await SendAsync(connected, null, shape);
                far.ReceiveFrom(_buffer).Length.Should().Be(5);
                far.ReceiveFrom(_buffer).Length.Should().Be(5);
            }
        }

        far.SendTo("for near"u8, new IPEndPoint(TwoNetworks.Address(isIPv6, 0, 1), near.Port));
        far.SendTo("for connected"u8, new IPEndPoint(TwoNetworks.Address(isIPv6, 0, 1), connected.Port));
        (await pending.Within()).Length.Should().Be(8);
        (await blocked.Within()).Length.Should().Be(13);
    }

    [NamespaceTheory(TwoNetworks.Needs)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_datagram_that_is_too_long_for_the_interface_and_must_not_be_cut_is_refused_with_the_length_that_fits(bool isIPv6)
    {
        using var networks = new TwoNetworks();
        networks.Here.Shell($"ip link set here0 mtu {NarrowMtu}");
        using UdpEndpoint far = BindAll(networks.There, isIPv6);
        using UdpEndpoint near = BindAll(networks.Here, isIPv6);
        near.ConnectTo(new IPEndPoint(TwoNetworks.Address(isIPv6, 0, 2), far.Port));
        near.SetOption(isIPv6 ? SocketOption.MtuDiscoverIPv6 : SocketOption.MtuDiscover, DontFragment);
        byte[] fits = new byte[NarrowMtu - (isIPv6 ? HeadersIPv6 : HeadersIPv4)];
        byte[] tooLong = new byte[fits.Length + 1];

        foreach (CallShape shape in Enum.GetValues<CallShape>())
        {
            SocketOperationException refused = await Expect.Socket(SendAsync(near, null, shape, tooLong), SocketError.MessageSize);
            refused.Message.Should().Contain($"packets of at most {NarrowMtu} bytes");
            await SendAsync(near, null, shape, fits);
            far.ReceiveFrom(_buffer).Length.Should().Be(fits.Length);
        }

        near.GetOption(isIPv6 ? SocketOption.PathMtuIPv6 : SocketOption.PathMtu).Should().Be(NarrowMtu);
        near.SetOption(isIPv6 ? SocketOption.MtuDiscoverIPv6 : SocketOption.MtuDiscover, 0);
        near.Send(tooLong);
        far.ReceiveFrom(_buffer).Length.Should().Be(tooLong.Length, "it may go in fragments now");
    }

    /// <summary>The router answers with an ICMP message. The kernel keeps the path's MTU, and reports the loss to the next call.</summary>
    [NamespaceTheory(TwoNetworks.Needs)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_router_that_cannot_pass_a_datagram_on_is_heard_of_by_the_next_receive_or_send(bool isIPv6, bool byReceive)
    {
        using var networks = new TwoNetworks();
        using var beyond = new NetworkNamespace("sysctl -qw net.ipv6.conf.default.accept_dad=0");
        RouteTo(beyond, networks);
        using UdpEndpoint far = BindAll(beyond, isIPv6);
        using UdpEndpoint near = BindAll(networks.Here, isIPv6);
        near.ConnectTo(new IPEndPoint(IPAddress.Parse(isIPv6 ? "fd60:9::2" : "10.60.9.2"), far.Port));
        near.SetOption(isIPv6 ? SocketOption.MtuDiscoverIPv6 : SocketOption.MtuDiscover, DontFragment);
        SocketOption<int> mtu = isIPv6 ? SocketOption.PathMtuIPv6 : SocketOption.PathMtu;
        near.GetOption(mtu).Should().Be(1500);
        byte[] tooLong = new byte[1400];

        // Whoever waits for it is woken by the error.
        Task<ReceivedDatagram>? receive = byReceive ? near.ReceiveAsync(_buffer).AsTask() : null;
        near.Send(tooLong).Should().Be(tooLong.Length);
        await Eventually.BeTrueAsync(() => near.GetOption(mtu) == NarrowMtu, "the router has answered");
        SocketOperationException told = receive is null
            ? Expect.Socket(Record.Exception(() => near.Send("small"u8)), SocketError.MessageSize)
            : await Expect.Socket(receive, SocketError.MessageSize);
        told.Message.Should().Contain($"packets of at most {NarrowMtu} bytes");

        near.Send("small"u8);
        far.ReceiveFrom(_buffer).Length.Should().Be(5);
        Expect.Socket(Record.Exception(() => near.Send(tooLong)), SocketError.MessageSize);
        near.Send(new byte[NarrowMtu - (isIPv6 ? HeadersIPv6 : HeadersIPv4)]);
        far.ReceiveFrom(_buffer).Length.Should().BeGreaterThan(1000);
        near.TryReceive(_buffer, out _).Should().BeFalse("it was told once");
    }

    /// <summary>What traceroute asks, and what path MTU discovery does.</summary>
    [NamespaceTheory(TwoNetworks.Needs)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_queue_of_errors_names_the_router_and_what_it_did_not_pass_on(bool isIPv6)
    {
        if (!HasSystemCalls)
        {
            return;
        }

        using var networks = new TwoNetworks();
        using var beyond = new NetworkNamespace("sysctl -qw net.ipv6.conf.default.accept_dad=0");
        RouteTo(beyond, networks);
        using UdpEndpoint far = BindAll(beyond, isIPv6, static options => options.ReceiveTtl = true);
        using UdpEndpoint near = BindAll(networks.Here, isIPv6, static options => options.ReceiveErrors = true);
        var to = new IPEndPoint(IPAddress.Parse(isIPv6 ? "fd60:9::2" : "10.60.9.2"), far.Port);
        IPAddress[] router = [.. Enumerable.Range(2, 3).Select(last => TwoNetworks.Address(isIPv6, 0, last))];
        SocketOption<int> hops = isIPv6 ? SocketOption.HopLimit : SocketOption.TimeToLive;
        byte[] tooLong = Payload.Of(1400);
        using var batch = new DatagramBatch(1);

        near.SetOption(hops, 1);
        near.SendTo("too far"u8, to);
        DatagramError expired = await Reported(near);
        expired.Error.Should().Be(SocketError.HostUnreachable);
        expired.Target.Should().Be(to);
        router.Should().Contain(expired.Reporter!);
        (expired.IcmpType, expired.IcmpCode, expired.Mtu).Should().Be(isIPv6 ? (3, 0, 0) : (11, 0, 0));
        expired.Data.ToArray().Should().Equal("too far"u8.ToArray());

        near.SetOption(hops, 9);
        near.SendTo("near enough"u8, to);
        far.ReceiveBatch(batch).Should().Be(1);
        batch[0].Ttl.Should().Be(8, "the router has taken one");

        near.SetOption(isIPv6 ? SocketOption.MtuDiscoverIPv6 : SocketOption.MtuDiscover, DontFragment);
        near.SendTo(tooLong, to);
        DatagramError refused = await Reported(near);
        refused.Error.Should().Be(SocketError.MessageSize);
        refused.Target.Should().Be(to);
        router.Should().Contain(refused.Reporter!);
        (refused.IcmpType, refused.IcmpCode, refused.Mtu).Should().Be(isIPv6 ? (2, 0, NarrowMtu) : (3, 4, NarrowMtu));
        tooLong.AsSpan().StartsWith(refused.Data.Span).Should().BeTrue();
        refused.Data.Length.Should().BePositive();

        // This machine knows the way now.
        Expect.Socket(Record.Exception(() => near.SendTo(tooLong, to)), SocketError.MessageSize);
        DatagramError own = await Reported(near);
        own.Error.Should().Be(SocketError.MessageSize);
        own.Target!.Address.Should().Be(to.Address);
        own.Reporter.Should().BeNull();
        (own.IcmpType, own.IcmpCode, own.Mtu).Should().Be((0, 0, NarrowMtu));
        own.ToString().Should().EndWith("MessageSize, found by this machine");
        near.TryReceiveError(out _).Should().BeFalse();
        near.SendTo("small"u8, to);
        far.ReceiveFrom(_buffer).Length.Should().Be(5);
    }

    [NamespaceFact(TwoNetworks.Needs)]
    public async Task A_link_local_source_names_its_interface()
    {
        if (!HasSystemCalls)
        {
            return;
        }

        using var networks = new TwoNetworks();
        using UdpEndpoint far = BindAll(networks.There, isIPv6: true);
        using UdpEndpoint near = BindAll(networks.Here, isIPv6: true);
        for (int cable = 0; cable < 2; cable++)
        {
            string name = $"here{cable}";
            IPAddress? source = null;
            await Eventually.BeTrueAsync(
                () => (source = networks.Here.Run(() => LinkLocal(name))) is not null, "an interface that is up gets an address");

            near.SendTo("x"u8, new IPEndPoint(TwoNetworks.Address(isIPv6: true, cable, 2), far.Port), source!).Should().Be(1);

            ReceivedDatagram datagram = await far.ReceiveFromAsync(_buffer).Within();
            ((IPEndPoint)datagram.RemoteEndPoint!).Address.GetAddressBytes().Should().Equal(source!.GetAddressBytes());
        }
    }

    [NamespaceTheory(TwoNetworks.Needs)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_batch_tells_the_answer_of_a_router_once_and_sends_all_the_same(bool isIPv6)
    {
        using var networks = new TwoNetworks();
        using var beyond = new NetworkNamespace("sysctl -qw net.ipv6.conf.default.accept_dad=0");
        RouteTo(beyond, networks);
        using UdpEndpoint far = BindAll(beyond, isIPv6);

        // With offload the first two would be one run, which the router of a virtual network gets whole, and drops whole.
        using UdpEndpoint near = BindAll(networks.Here, isIPv6, static options => options.SegmentationOffload = UdpOffload.Off);
        near.ConnectTo(new IPEndPoint(IPAddress.Parse(isIPv6 ? "fd60:9::2" : "10.60.9.2"), far.Port));
        near.SetOption(isIPv6 ? SocketOption.MtuDiscoverIPv6 : SocketOption.MtuDiscover, DontFragment);
        using var batch = new DatagramBatch(8, 2000);
        batch.Add(new byte[1400]);
        for (int length = 1; length < 8; length++)
        {
            batch.Add(new byte[length]);
        }

        int sent = 0;
        int told = 0;
        while (batch.Count > 0)
        {
            try
            {
                sent += near.SendBatch(batch);
            }
            catch (SocketOperationException exception) when (exception.SocketErrorCode == SocketError.MessageSize)
            {
                told++;
            }
        }

        sent.Should().Be(8);
        if (told == 0)
        {
            // The answer came with the last ones or after them.
            SocketOption<int> mtu = isIPv6 ? SocketOption.PathMtuIPv6 : SocketOption.PathMtu;
            await Eventually.BeTrueAsync(() => near.GetOption(mtu) == NarrowMtu, "the router has answered");
            Expect.Socket(Record.Exception(() => near.Send(new byte[8])), SocketError.MessageSize);
        }

        told.Should().BeLessThan(2);
        near.Send(new byte[8]);
        near.TryReceive(_buffer, out _).Should().BeFalse();
        Enumerable.Range(1, 8).Select(_ => far.ReceiveFrom(_buffer).Length).Order().Should().Equal(Enumerable.Range(1, 8));
    }

    /// <summary>In fragments, across a network that takes 1 500 bytes at a time.</summary>
    [NamespaceTheory(TwoNetworks.Needs)]
    [InlineData(false, 65_507)]
    [InlineData(true, 65_527)]
    public async Task The_longest_datagram_and_the_empty_one_cross_a_network_and_truncation_is_told(bool isIPv6, int longest)
    {
        using var networks = new TwoNetworks();
        using UdpEndpoint far = BindAll(networks.There, isIPv6);
        using UdpEndpoint near = BindAll(networks.Here, isIPv6);
        var to = new IPEndPoint(TwoNetworks.Address(isIPv6, 0, 2), far.Port);
        byte[] content = Payload.Of(longest);
        foreach (CallShape shape in Enum.GetValues<CallShape>())
        {
            await SendAsync(near, to, shape, content);
            far.ReceiveFrom(_buffer).IsTruncated.Should().BeFalse();
            _buffer.AsSpan(0, longest).SequenceEqual(content).Should().BeTrue();
            await SendAsync(near, to, shape, []);
            far.ReceiveFrom(_buffer).Length.Should().Be(0);
            await Expect.Socket(SendAsync(near, to, shape, new byte[longest + 1]), SocketError.MessageSize);

            await SendAsync(near, to, shape, content);
            ReceivedDatagram cut = await far.ReceiveFromAsync(_buffer.AsMemory(0, longest - 1)).Within();
            cut.IsTruncated.Should().BeTrue();
            cut.Length.Should().Be(longest - 1);
        }
    }

    /// <summary>A third network of a smaller MTU, behind the machine there, which becomes a router.</summary>
    private static void RouteTo(NetworkNamespace beyond, TwoNetworks networks)
    {
        networks.There.Shell(
            $"ip link add narrow0 type veth peer name narrow1 netns {beyond.File}; ip link set narrow0 mtu {NarrowMtu} up; "
            + "ip addr add 10.60.9.1/24 dev narrow0; ip addr add fd60:9::1/64 dev narrow0 nodad; "
            + "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
        beyond.Shell($"ip link set narrow1 mtu {NarrowMtu} up; ip addr add 10.60.9.2/24 dev narrow1; "
            + "ip addr add fd60:9::2/64 dev narrow1 nodad; ip route add default via 10.60.9.1; ip -6 route add default via fd60:9::1");
        networks.There.Shell("until ip -o link show narrow0 | grep -q 'state UP'; do sleep 0.01; done");
        beyond.Shell("until ip -o link show narrow1 | grep -q 'state UP'; do sleep 0.01; done");
        networks.Here.Shell("ip route add default via 10.60.0.2; ip -6 route add default via fd60:0::2");
    }

    /// <summary>
    /// The address that an interface in the namespace of this thread has by itself: /proc/net/if_inet6, of which the columns are address,
    /// index, prefix, scope, flags and name (net/ipv6/addrconf.c, if6_seq_show). Null if it has none yet.
    /// </summary>
    private static IPAddress? LinkLocal(string interfaceName) => File.ReadLines("/proc/thread-self/net/if_inet6")
        .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words[^1] == interfaceName && words[0].StartsWith("fe80", StringComparison.Ordinal))
        .Select(static words => new IPAddress(Convert.FromHexString(words[0]), Convert.ToInt64(words[1], 16)))
        .FirstOrDefault();

    private static async Task<DatagramError> Reported(UdpEndpoint endpoint)
    {
        DatagramError? error = null;
        await Eventually.BeTrueAsync(() => error is not null || endpoint.TryReceiveError(out error), "the error is reported");
        return error!;
    }

    private UdpEndpoint BindAll(NetworkNamespace network, bool isIPv6, Action<UdpEndpointOptions>? change = null) => network.Run(() =>
    {
        UdpEndpointOptions options = UdpOptions;
        options.DualMode = false;
        options.ReceiveTimeout = Limits.Hang;
        change?.Invoke(options);
        return UdpEndpoint.Bind(new IPEndPoint(isIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 0), options);
    });

    private static Task SendAsync(UdpEndpoint sender, IPEndPoint? to, CallShape shape) =>
        SendAsync(sender, to, shape, "alive"u8.ToArray());

    private static async Task SendAsync(UdpEndpoint sender, IPEndPoint? to, CallShape shape, byte[] data)
    {
        int sent = shape switch
        {
            CallShape.Blocking => to is null ? sender.Send(data) : sender.SendTo(data, to),
            CallShape.Try => (to is null ? sender.TrySend(data, out int count) : sender.TrySendTo(data, to, out count)) ? count : -1,
            _ => await (to is null ? sender.SendAsync(data) : sender.SendToAsync(data, to)).Within(),
        };
        sent.Should().Be(data.Length);
    }
}

public sealed class DatagramPathTests_Portable : DatagramPathTests<PortableUnderTest>;

public sealed class DatagramPathTests_PortableWithoutSystemCalls : DatagramPathTests<PortableWithoutSystemCalls>;

public sealed class DatagramPathTests_Epoll : DatagramPathTests<EpollUnderTest>;
