using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Sockets;

public abstract class OptionTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public void An_option_reads_back_as_it_was_set()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using TcpServer server = Listen();

        pair.Client.SetOption(SocketOption.TimeToLive, 42);
        pair.Accepted.SetOption(SocketOption.TypeOfService, 0x88);
        server.SetOption(SocketOption.TimeToLive, 43);

        pair.Client.GetOption(SocketOption.TimeToLive).Should().Be(42);
        pair.Accepted.GetOption(SocketOption.TypeOfService).Should().Be(0x88);
        server.GetOption(SocketOption.TimeToLive).Should().Be(43);
        pair.Accepted.GetOption(SocketOption.TimeToLive).Should().NotBe(42, "an option belongs to one socket");
    }

    [LinuxFact]
    public void A_raw_option_reads_back_as_it_was_set()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] value = new byte[4];

        pair.Client.SetRawOption(6, 25, BitConverter.GetBytes(77_777));
        int length = pair.Client.GetRawOption(6, 25, value);

        length.Should().Be(4);
        BitConverter.ToInt32(value).Should().Be(77_777);
        pair.Client.GetOption(SocketOption.NotSentLowWatermark).Should().Be(77_777, "both names are one option");
    }

    [LinuxFact]
    public void A_refused_option_names_itself_and_both_endpoints()
    {
        using TcpPairUnderTest pair = ConnectPair();

        Action congestion = () => pair.Client.SetOption(SocketOption.Congestion, "no_such_one");
        Action device = () => pair.Client.SetOption(SocketOption.BindToDevice, "nosuchdevice0");
        Action hops = () => pair.Client.GetOption(SocketOption.HopLimit);
        Action raw = () => pair.Client.SetRawOption(6, 9999, new byte[4]);
        Action rawGet = () => pair.Client.GetRawOption(6, 9999, new byte[4]);

        string where = $"on {pair.Client.LocalEndPoint} ↔ {pair.Client.RemoteEndPoint} failed";
        congestion.Should().Throw<SocketException>()
            .Which.Message.Should().ContainAll("set option TCP_CONGESTION to 'no_such_one' ", where).And.Contain("nothing of that name");
        device.Should().Throw<SocketException>()
            .Which.Message.Should().ContainAll("set option SO_BINDTODEVICE to '", where).And.Contain("nothing of that name");
        hops.Should().Throw<SocketException>()
            .Which.Message.Should().Contain($"get option IPV6_UNICAST_HOPS {where}").And.Contain("does not have it");
        raw.Should().Throw<SocketException>().Which.Message.Should().ContainAll("set option (6, 9999) to 0x", where);
        rawGet.Should().Throw<SocketException>().Which.Message.Should().Contain($"get option (6, 9999) {where}");
        pair.Client.Send("x"u8).Should().Be(1, "a refused option leaves the socket as it was");
    }

    [Fact]
    public void A_bad_value_is_refused_before_the_socket_is_looked_at()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.Dispose();

        Action range = () => pair.Client.SetOption(SocketOption.TimeToLive, 256);
        Action missing = () => pair.Client.SetOption(SocketOption.BindToDevice, null!);
        Action none = () => pair.Client.SetOption<int>(null!, 1);
        Action noneToGet = () => pair.Client.GetOption<int>(null!);
        Action readOnly = () => pair.Client.SetOption(SocketOption.Type, 1);

        range.Should().Throw<ArgumentOutOfRangeException>().Which.Message.Should().Contain("IP_TTL is 1 to 255");
        missing.Should().Throw<ArgumentNullException>();
        none.Should().Throw<ArgumentNullException>();
        noneToGet.Should().Throw<ArgumentNullException>();
        readOnly.Should().Throw<ArgumentException>().Which.Message.Should().Contain("SO_TYPE can only be read");
    }

    [Fact]
    public void Options_of_a_disposed_socket_are_gone()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.Dispose();

        Action get = () => pair.Client.GetOption(SocketOption.TimeToLive);
        Action set = () => pair.Client.SetOption(SocketOption.TimeToLive, 1);
        Action getRaw = () => pair.Client.GetRawOption(6, 1, new byte[4]);
        Action setRaw = () => pair.Client.SetRawOption(6, 1, new byte[4]);

        get.Should().Throw<ObjectDisposedException>();
        set.Should().Throw<ObjectDisposedException>();
        getRaw.Should().Throw<ObjectDisposedException>();
        setRaw.Should().Throw<ObjectDisposedException>();
    }

    [LinuxFact]
    public void What_matters_before_bind_and_connect_is_set_in_Configure()
    {
        TcpServerOptions serverOptions = ServerOptions;
        serverOptions.Configure = static socket => SocketOption.FreeBind.SetOn(socket, true);
        using TcpServer server = TcpServer.Listen(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0), serverOptions);
        using TcpServer loopback = Listen();
        TcpClientOptions clientOptions = ClientOptions;
        clientOptions.Configure = static socket => SocketOption.SynCount.SetOn(socket, 2);
        using TcpClient client = Connect(loopback, clientOptions);

        server.GetOption(SocketOption.FreeBind).Should().BeTrue("else 192.0.2.1, which no machine has, could not have been bound");
        client.GetOption(SocketOption.SynCount).Should().Be(2);
    }

    [LinuxFact]
    public void UserTimeout_reads_back_in_whole_milliseconds_and_null_switches_it_off()
    {
        using TcpPairUnderTest pair = ConnectPair();

        pair.Client.UserTimeout.Should().BeNull();
        pair.Client.UserTimeout = TimeSpan.FromMilliseconds(120_000.7);
        pair.Client.UserTimeout.Should().Be(TimeSpan.FromMilliseconds(120_000));
        pair.Client.UserTimeout = null;
        pair.Client.UserTimeout.Should().BeNull();
    }

    [LinuxFact]
    public void ReuseAddress_and_ReusePort_are_seen_as_two_things()
    {
        using TcpServer plain = Listen();
        TcpServerOptions options = ServerOptions;
        options.ReuseAddress = false;
        options.ReusePort = true;
        using TcpServer shared = Listen(options);

        (plain.GetOption(SocketOption.ReuseAddress), plain.GetOption(SocketOption.ReusePort)).Should().Be((true, false));
        (shared.GetOption(SocketOption.ReuseAddress), shared.GetOption(SocketOption.ReusePort)).Should().Be((false, true));
    }
}

public sealed class OptionTests_Portable : OptionTests<PortableUnderTest>;

public sealed class OptionTests_Epoll : OptionTests<EpollUnderTest>;
