using System.Globalization;
using System.Net;
using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Network;

/// <summary>Groups that this library shares with other programs, on another machine. The senders are known by their addresses.</summary>
public abstract class MulticastInteropTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Rounds = 5;
    private const string Group = "239.60.2.1";

    /// <summary>Link-local, so that its text can name an interface for socat.</summary>
    private const string GroupIPv6 = "ff12::6021";

    private readonly byte[] _buffer = new byte[256];

    [NamespaceTheory(TwoNetworks.Needs, "socat")]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_member_shuts_one_socat_out_and_lets_it_in_again(bool isIPv6) => ShutsOneOut(isIPv6, SocatSenders);

    [NamespaceTheory(TwoNetworks.Needs, "python3")]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_member_shuts_one_sender_in_python_out_and_lets_it_in_again(bool isIPv6) => ShutsOneOut(isIPv6, PythonSenders);

    [NamespaceTheory(TwoNetworks.Needs, "socat")]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_member_hears_those_socats_alone_that_it_names(bool isIPv6) => HearsThoseAlone(isIPv6, SocatSenders);

    [NamespaceTheory(TwoNetworks.Needs, "python3")]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_member_hears_those_senders_in_python_alone_that_it_names(bool isIPv6) => HearsThoseAlone(isIPv6, PythonSenders);

    [NamespaceTheory(TwoNetworks.Needs, "socat")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Socat_is_a_member_and_hears_every_shape_of_a_send(bool isIPv6)
    {
        const int Port = 7011;
        using var networks = new TwoNetworks();
        using ChildProcess socat = networks.There.Run(() => ChildProcess.Start(
            "socat", "-d", "-d", "-u",
            isIPv6 ? $"UDP6-RECV:{Port},ipv6-join-group=[{GroupIPv6}]:there0" : $"UDP4-RECV:{Port},ip-add-membership={Group}:there0",
            "STDOUT"));
        await socat.LineWith("starting data transfer loop");
        using UdpEndpoint sender = networks.Here.Run(() =>
        {
            var endpoint = UdpEndpoint.Bind(new IPEndPoint(TwoNetworks.Address(isIPv6, 0, 1), 0), UdpOptions);
            endpoint.MulticastInterfaceName = "here0";
            return endpoint;
        });
        var to = new IPEndPoint(GroupOf(isIPv6), Port);
        using var batch = new DatagramBatch(2);

        // Socat writes what it has received as it is, so each datagram ends its line.
        sender.SendTo("blocking\n"u8, to);
        await socat.LineWith("blocking");
        sender.TrySendTo("at once\n"u8, to, out _).Should().BeTrue();
        await socat.LineWith("at once");
        await sender.SendToAsync("without a thread\n"u8.ToArray(), to).Within();
        await socat.LineWith("without a thread");
        batch.Add("first of a batch\n"u8, to.Serialize());
        batch.Add("second of a batch\n"u8, to.Serialize());
        sender.SendBatch(batch).Should().Be(2);
        await socat.LineWith("first of a batch");
        await socat.LineWith("second of a batch");
        sender.SendTo("named source\n"u8, to, TwoNetworks.Address(isIPv6, 0, 1));
        await socat.LineWith("named source");
    }

    /// <summary>The member in Python is on the machine here, and the endpoints that it hears or not are on the one there.</summary>
    [NamespaceTheory(TwoNetworks.Needs, "python3")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_member_in_python_tells_endpoints_apart_by_their_source(bool isIPv6)
    {
        const int Port = 7012;
        using var networks = new TwoNetworks();
        using ChildProcess member = PythonIn(networks.Here, isIPv6, Port, "here0");
        using UdpEndpoint sender = networks.There.Run(() =>
        {
            UdpEndpointOptions options = UdpOptions;
            options.DualMode = false;
            var endpoint = UdpEndpoint.Bind(new IPEndPoint(isIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 0), options);
            endpoint.MulticastInterfaceName = "there0";
            return endpoint;
        });
        var to = new IPEndPoint(GroupOf(isIPv6), Port);
        IPAddress[] sources = [.. Enumerable.Range(2, 3).Select(last => TwoNetworks.Address(isIPv6, 0, last))];

        await Tell("join");
        await Hears(sources);
        await Tell($"block {sources[1]}");
        await Hears(sources[0], sources[2]);
        await Tell($"unblock {sources[1]}");
        await Hears(sources);

        async Task Tell(string command)
        {
            await member.WriteLine(command);
            (await member.LineWith(string.Empty)).Should().Be("done");
        }

        async Task Hears(params IPAddress[] heard)
        {
            for (int round = 0; round < Rounds; round++)
            {
                foreach (IPAddress source in sources)
                {
                    string text = $"{round}-from-{source}";
                    sender.SendTo(Encoding.ASCII.GetBytes(text), to, source);
                    if (heard.Contains(source))
                    {
                        await member.WriteLine("hear");
                        (await member.LineWith(string.Empty)).Should().Be($"heard {source} {text}");
                    }
                }
            }
        }
    }

    private async Task ShutsOneOut(bool isIPv6, Func<TwoNetworks, bool, int, Senders> start)
    {
        using var networks = new TwoNetworks();
        IPAddress group = GroupOf(isIPv6);
        IPAddress noisy = TwoNetworks.Address(isIPv6, 0, 2);
        using UdpEndpoint member = Member(networks, isIPv6);
        using UdpEndpoint witness = Member(networks, isIPv6, member.Port);
        using Senders senders = start(networks, isIPv6, member.Port);
        networks.Here.Run(() => Do(() => member.JoinGroup(group, "here0")));
        networks.Here.Run(() => Do(() => witness.JoinGroup(group, "here0")));
        await senders.Say(2, "before");
        Heard(witness).Should().Be(("before", noisy));
        Heard(member).Should().Be(("before", noisy));
        Filter(networks, isIPv6).Should().BeEmpty("nobody has named a source");

        networks.Here.Run(() => Do(() => member.BlockSource(group, noisy, "here0")));
        Filter(networks, isIPv6).Should().Equal($"{Hex(noisy)}: wanted by 0, refused by 1");
        for (int round = 0; round < Rounds; round++)
        {
            // The other member tells that the datagram has come to this machine.
            await senders.Say(2, "blocked");
            Heard(witness).Should().Be(("blocked", noisy));
            await senders.Say(3, Text(round));
            Heard(witness).Text.Should().Be(Text(round));
            Heard(member).Should().Be((Text(round), TwoNetworks.Address(isIPv6, 0, 3)));
        }

        networks.Here.Run(() => Do(() => member.UnblockSource(group, noisy, "here0")));
        Filter(networks, isIPv6).Should().BeEmpty();
        await senders.Say(2, "after");
        Heard(member).Should().Be(("after", noisy));
        member.TryReceiveFrom(_buffer, out _).Should().BeFalse();
    }

    private async Task HearsThoseAlone(bool isIPv6, Func<TwoNetworks, bool, int, Senders> start)
    {
        using var networks = new TwoNetworks();
        IPAddress group = GroupOf(isIPv6);
        IPAddress[] sources = [.. Enumerable.Range(2, 2).Select(last => TwoNetworks.Address(isIPv6, 0, last))];
        using UdpEndpoint member = Member(networks, isIPv6);
        using UdpEndpoint witness = Member(networks, isIPv6, member.Port);
        using Senders senders = start(networks, isIPv6, member.Port);
        networks.Here.Run(() => Do(() => witness.JoinGroup(group, "here0")));

        networks.Here.Run(() => Do(() => member.JoinGroup(group, "here0", sources[0])));
        Filter(networks, isIPv6).Should().Equal($"{Hex(sources[0])}: wanted by 1, refused by 0");
        await Hears(sources[0]);
        networks.Here.Run(() => Do(() => member.JoinGroup(group, "here0", sources[1])));
        await Hears(sources);
        networks.Here.Run(() => Do(() => member.LeaveGroup(group, "here0", sources[0])));
        Filter(networks, isIPv6).Should().Equal($"{Hex(sources[1])}: wanted by 1, refused by 0");
        await Hears(sources[1]);

        async Task Hears(params IPAddress[] wanted)
        {
            for (int round = 0; round < Rounds; round++)
            {
                for (int i = 0; i < sources.Length; i++)
                {
                    string text = $"{round}-of-{i}";
                    await senders.Say(i + 2, text);
                    Heard(witness).Should().Be((text, sources[i]));
                    if (wanted.Contains(sources[i]))
                    {
                        Heard(member).Should().Be((text, sources[i]));
                    }
                }
            }

            member.TryReceiveFrom(_buffer, out _).Should().BeFalse();
        }
    }

    /// <summary>An endpoint here, on a port that several may have.</summary>
    private UdpEndpoint Member(TwoNetworks networks, bool isIPv6, int port = 0) => networks.Here.Run(() =>
    {
        UdpEndpointOptions options = UdpOptions;
        options.ReuseAddress = true;
        options.DualMode = false;
        options.ReceiveTimeout = Limits.Hang;
        var endpoint = UdpEndpoint.Bind(new IPEndPoint(isIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port), options);
        if (!isIPv6)
        {
            endpoint.SetOption(SocketOption.MulticastAll, false);
        }

        return endpoint;
    });

    private (string Text, IPAddress From) Heard(UdpEndpoint endpoint)
    {
        ReceivedDatagram datagram = endpoint.ReceiveFrom(_buffer);
        return (Encoding.UTF8.GetString(_buffer, 0, datagram.Length).TrimEnd(), ((IPEndPoint)datagram.RemoteEndPoint!).Address);
    }

    /// <summary>
    /// What the kernel itself says of the sources of all groups here (net/ipv4/igmp.c, igmp_mcf_seq_show; net/ipv6/mcast.c). The last
    /// three columns are the source and how many sockets include and exclude it.
    /// </summary>
    private static string[] Filter(TwoNetworks networks, bool isIPv6) => networks.Here.Run(() =>
        File.ReadLines(isIPv6 ? "/proc/thread-self/net/mcfilter6" : "/proc/thread-self/net/mcfilter").Skip(1)
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(static words => (Source: words[^3].Replace("0x", "", StringComparison.Ordinal), By: words[^2], Not: words[^1]))
            .Select(static row => $"{row.Source}: wanted by {row.By}, refused by {row.Not}")
            .ToArray());

    private static string Hex(IPAddress address) => Convert.ToHexStringLower(address.GetAddressBytes());

    private static int Do(Action action)
    {
        action();
        return 0;
    }

    private static IPAddress GroupOf(bool isIPv6) => IPAddress.Parse(isIPv6 ? GroupIPv6 : Group);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>One socat for each address; what it reads it sends.</summary>
    private static Senders SocatSenders(TwoNetworks networks, bool isIPv6, int port)
    {
        ChildProcess[] socats =
        [
            .. Enumerable.Range(2, 2).Select(last => TwoNetworks.Address(isIPv6, 0, last)).Select(address => networks.There.Run(() =>
                ChildProcess.Start("socat", "-u", "STDIN", isIPv6
                    ? $"UDP6-DATAGRAM:[{GroupIPv6}%there0]:{port},bind=[{address}]"
                    : $"UDP4-DATAGRAM:{Group}:{port},bind={address},ip-multicast-if={address}"))),
        ];
        return new Senders(socats, (last, text) => socats[last - 2].WriteLine(text));
    }

    private static Senders PythonSenders(TwoNetworks networks, bool isIPv6, int port)
    {
        ChildProcess python = PythonIn(networks.There, isIPv6, port, "there0");
        return new Senders([python], (last, text) => python.WriteLine($"send {TwoNetworks.Address(isIPv6, 0, last)} {text}"));
    }

    private static ChildProcess PythonIn(NetworkNamespace network, bool isIPv6, int port, string interfaceName) => network.Run(() =>
        ChildProcess.StartPython("group_peer.py", isIPv6 ? GroupIPv6 : Group, Text(port), interfaceName));

    /// <summary>Programs there that send to the group, from the addresses that end with 2 and 3.</summary>
    private sealed class Senders(ChildProcess[] programs, Func<int, string, Task> say) : IDisposable
    {
        /// <summary>The text goes, sooner or later.</summary>
        public Task Say(int last, string text) => say(last, text);

        public void Dispose() => Array.ForEach(programs, static program => program.Dispose());
    }
}

public sealed class MulticastInteropTests_Portable : MulticastInteropTests<PortableUnderTest>;

public sealed class MulticastInteropTests_Epoll : MulticastInteropTests<EpollUnderTest>;
