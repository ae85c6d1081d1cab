using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class OptionTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly TcpKeepAlive s_probes = new(TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(3), 4);

    [Fact]
    public void The_defaults_are_no_delay_and_keep_alive_on_both_ends()
    {
        using TcpPairUnderTest pair = ConnectPair();

        foreach (TcpConnection connection in new[] { pair.Client, pair.Accepted })
        {
            connection.NoDelay.Should().BeTrue();
            connection.KeepAlive.Should().Be(TcpKeepAlive.Default);
            connection.Linger.Should().BeNull();
            connection.UserTimeout.Should().BeNull();
        }
    }

    [LinuxFact]
    public void Options_reach_the_client_and_the_accepted_connection()
    {
        TcpServerOptions server = Set(ServerOptions);
        TcpClientOptions client = Set(ClientOptions);

        using TcpPairUnderTest pair = ConnectPair(server, client);

        foreach (TcpConnection connection in new[] { pair.Client, pair.Accepted })
        {
            connection.NoDelay.Should().BeFalse();
            connection.KeepAlive.Should().Be(s_probes);
            connection.Linger.Should().Be(TimeSpan.FromSeconds(2));
            connection.UserTimeout.Should().Be(TimeSpan.FromSeconds(20));
            connection.Socket.ReceiveBufferSize.Should().Be(2 * 20_000, "Linux doubles it");
            connection.Socket.SendBufferSize.Should().Be(2 * 30_000);
        }

        static TOptions Set<TOptions>(TOptions options)
            where TOptions : TcpOptions
        {
            options.NoDelay = false;
            options.KeepAlive = s_probes;
            options.Linger = TimeSpan.FromSeconds(2);
            options.UserTimeout = TimeSpan.FromSeconds(20);
            options.ReceiveBufferSize = 20_000;
            options.SendBufferSize = 30_000;
            return options;
        }
    }

    [Fact]
    public void Keep_alive_is_off_when_it_is_null()
    {
        TcpServerOptions server = ServerOptions;
        server.KeepAlive = null;
        TcpClientOptions client = ClientOptions;
        client.KeepAlive = null;

        using TcpPairUnderTest pair = ConnectPair(server, client);

        pair.Client.KeepAlive.Should().BeNull();
        pair.Accepted.KeepAlive.Should().BeNull();
    }

    [LinuxFact]
    public void Properties_change_an_open_connection()
    {
        using TcpPairUnderTest pair = ConnectPair();
        TcpClient client = pair.Client;

        client.NoDelay = false;
        client.KeepAlive = s_probes;
        client.Linger = TimeSpan.FromSeconds(1);
        client.UserTimeout = TimeSpan.FromSeconds(30);
        (client.NoDelay, client.KeepAlive, client.Linger, client.UserTimeout)
            .Should().Be((false, s_probes, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30)));

        client.KeepAlive = null;
        client.Linger = null;
        client.UserTimeout = null;
        (client.KeepAlive, client.Linger, client.UserTimeout).Should().Be((null, null, null));
    }

    [Fact]
    public void Values_out_of_range_are_refused_and_nothing_is_changed()
    {
        using TcpPairUnderTest pair = ConnectPair();
        TcpClient client = pair.Client;

        Record.Exception(() => client.KeepAlive = new TcpKeepAlive(TimeSpan.Zero, TimeSpan.FromSeconds(1), 1))
            .Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => client.KeepAlive = s_probes with { Probes = 128 }).Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => client.KeepAlive = s_probes with { Idle = TimeSpan.FromSeconds(1.5) })
            .Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => client.Linger = TimeSpan.FromSeconds(-1)).Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => client.Linger = TimeSpan.FromSeconds(65_536)).Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => client.UserTimeout = TimeSpan.Zero).Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => client.UserTimeout = TimeSpan.FromSeconds(119))
            .Should().BeOfType<ArgumentException>("keep-alive takes 120 s");

        client.KeepAlive.Should().Be(TcpKeepAlive.Default);
        client.Linger.Should().BeNull();
        TcpClientOptions options = ClientOptions;
        options.UserTimeout = TimeSpan.FromSeconds(119);
        Record.Exception(() => TcpClient.Connect("localhost", 1, options)).Should().BeOfType<ArgumentException>();
        options = ClientOptions;
        options.ReceiveBufferSize = 0;
        Record.Exception(() => TcpClient.Connect("localhost", 1, options)).Should().BeOfType<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task The_smallest_buffers_carry_a_mebibyte_intact()
    {
        TcpServerOptions options = ServerOptions;
        options.ReceiveBufferSize = 2048;
        TcpClientOptions clientOptions = ClientOptions;
        clientOptions.SendBufferSize = 4096;
        using TcpPairUnderTest pair = ConnectPair(options, clientOptions);
        byte[] data = Payload.Of(1024 * 1024);

        Task send = pair.Client.SendAsync(data).AsTask();
        byte[] received = new byte[data.Length];
        await pair.Accepted.ReceiveExactlyAsync(received).Within();
        await send.Within();

        received.AsSpan().SequenceEqual(data).Should().BeTrue();
    }

    [Fact]
    public void Configure_is_called_for_the_listener_and_never_for_what_it_accepts()
    {
        int calls = 0;
        TcpServerOptions options = ServerOptions;
        options.Configure = _ => calls++;

        using TcpPairUnderTest pair = ConnectPair(options);

        calls.Should().Be(1);
    }
}

public sealed class OptionTests_Portable : OptionTests<PortableUnderTest>;

public sealed class OptionTests_Epoll : OptionTests<EpollUnderTest>;
