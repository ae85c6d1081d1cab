using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class ModeTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public void Blocking_and_the_timeouts_say_the_same_in_two_ways()
    {
        using TcpPairUnderTest pair = ConnectPair();
        TcpClient client = pair.Client;
        client.Blocking.Should().BeTrue();
        client.Timeout.Should().Be(Timeout.InfiniteTimeSpan);

        client.Timeout = TimeSpan.Zero;
        client.Blocking.Should().BeFalse();

        client.Timeout = TimeSpan.FromSeconds(10);
        client.Blocking.Should().BeTrue();
        client.ReceiveTimeout.Should().Be(TimeSpan.FromSeconds(10));
        client.SendTimeout.Should().Be(TimeSpan.FromSeconds(10));

        client.Blocking = false;
        client.ReceiveTimeout.Should().Be(TimeSpan.Zero);
        client.SendTimeout.Should().Be(TimeSpan.Zero);

        client.Blocking = true;
        client.ReceiveTimeout.Should().Be(Timeout.InfiniteTimeSpan);
        client.SendTimeout.Should().Be(Timeout.InfiniteTimeSpan);
    }

    [Fact]
    public void Setting_blocking_true_leaves_a_deadline_alone()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.ReceiveTimeout = TimeSpan.Zero;
        pair.Client.SendTimeout = TimeSpan.FromSeconds(3);

        pair.Client.Blocking = true;

        pair.Client.ReceiveTimeout.Should().Be(Timeout.InfiniteTimeSpan);
        pair.Client.SendTimeout.Should().Be(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public void Negative_timeouts_are_refused_everywhere()
    {
        using TcpServer server = Listen();
        using TcpClient client = Connect(server);
        var negative = TimeSpan.FromMilliseconds(-2);

        Action[] calls =
        [
            () => client.Timeout = negative,
            () => client.ReceiveTimeout = negative,
            () => client.SendTimeout = negative,
            () => client.WaitReadable(negative),
            () => client.WaitWritable(negative),
            () => server.Timeout = negative,
            () => Listen(new TcpServerOptions { Engine = Engine, AcceptTimeout = negative }),
            () => Listen(new TcpServerOptions { Engine = Engine, ReceiveTimeout = negative }),
            () => Connect(server, new TcpClientOptions { Engine = Engine, SendTimeout = negative }),
            () => Connect(server, new TcpClientOptions { Engine = Engine, ConnectTimeout = negative }),
            () => Connect(server, new TcpClientOptions { Engine = Engine, ConnectTimeout = TimeSpan.Zero }),
            () => Connect(server, new TcpClientOptions { Engine = Engine, HappyEyeballsDelay = negative }),
        ];

        foreach (Action call in calls)
        {
            Record.Exception(call).Should().BeOfType<ArgumentOutOfRangeException>();
        }
    }

    [Fact]
    public void Non_blocking_mode_and_a_deadline_exclude_each_other_in_options()
    {
        using TcpServer server = Listen();
        TcpClientOptions options = ClientOptions;
        options.Blocking = false;
        options.ReceiveTimeout = TimeSpan.FromSeconds(1);

        Record.Exception(() => Connect(server, options)).Should().BeOfType<ArgumentException>();
    }

    [Fact]
    public void The_options_timeouts_reach_the_client_and_are_a_snapshot()
    {
        using TcpServer server = Listen();
        TcpClientOptions options = ClientOptions;
        options.ReceiveTimeout = TimeSpan.FromSeconds(7);
        options.SendTimeout = TimeSpan.FromSeconds(8);

        using TcpClient client = Connect(server, options);
        options.ReceiveTimeout = TimeSpan.FromSeconds(1);

        client.ReceiveTimeout.Should().Be(TimeSpan.FromSeconds(7));
        client.SendTimeout.Should().Be(TimeSpan.FromSeconds(8));
    }

    [Fact]
    public void Default_infinite_and_non_blocking_options_reach_the_client()
    {
        using TcpServer server = Listen();
        TcpClientOptions options = ClientOptions;
        options.Blocking = false;

        using TcpClient plain = Connect(server);
        using TcpClient nonBlocking = Connect(server, options);

        plain.Timeout.Should().Be(Timeout.InfiniteTimeSpan);
        nonBlocking.Blocking.Should().BeFalse();
        nonBlocking.SendTimeout.Should().Be(TimeSpan.Zero);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(5000)]
    public async Task An_accepted_connection_takes_its_mode_from_the_options_whatever_the_listeners_is(int listenerTimeout)
    {
        foreach (CallShape shape in Enum.GetValues<CallShape>())
        {
            TcpServerOptions options = ServerOptions;
            options.AcceptTimeout = TimeSpan.FromMilliseconds(listenerTimeout);
            using TcpServer server = Listen(options);
            using TcpClient client = Connect(server);
            server.WaitReadable(Limits.Hang).Should().BeTrue();

            using TcpConnection accepted = await server.AcceptBy(shape).Within();

            accepted.Blocking.Should().BeTrue();
            accepted.Timeout.Should().Be(Timeout.InfiniteTimeSpan);
            Task<int> receive = Limits.OnThread(() => accepted.Receive(new byte[1]));
            await client.SendAsync(new byte[1]).Within();
            (await receive.Within()).Should().Be(1, "it waits, and does not say WouldBlock");
        }
    }

    [Fact]
    public void The_server_options_timeouts_are_those_of_accepted_connections()
    {
        TcpServerOptions options = ServerOptions;
        options.ReceiveTimeout = TimeSpan.FromSeconds(4);
        options.SendTimeout = TimeSpan.FromSeconds(5);

        using TcpServer server = Listen(options);
        using TcpClient client = Connect(server);
        using TcpConnection accepted = server.Accept();

        server.ReceiveTimeout.Should().Be(Timeout.InfiniteTimeSpan);
        accepted.ReceiveTimeout.Should().Be(TimeSpan.FromSeconds(4));
        accepted.SendTimeout.Should().Be(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void A_non_blocking_option_makes_accepted_connections_non_blocking_and_not_the_server()
    {
        TcpServerOptions options = ServerOptions;
        options.Blocking = false;

        using TcpServer server = Listen(options);
        using TcpClient client = Connect(server);
        using TcpConnection accepted = server.Accept();

        server.Blocking.Should().BeTrue();
        accepted.Blocking.Should().BeFalse();
    }

    [Fact]
    public void What_has_no_meaning_on_a_server_says_so()
    {
        using TcpServer server = Listen();

        Record.Exception(() => _ = server.SendTimeout).Should().BeOfType<NotSupportedException>();
        Record.Exception(() => server.SendTimeout = TimeSpan.FromSeconds(1)).Should().BeOfType<NotSupportedException>();
        Record.Exception(() => _ = server.Available).Should().BeOfType<NotSupportedException>();
        Record.Exception(() => server.WaitWritable(TimeSpan.Zero)).Should().BeOfType<NotSupportedException>();
    }
}

public sealed class ModeTests_Portable : ModeTests<PortableUnderTest>;

public sealed class ModeTests_Epoll : ModeTests<EpollUnderTest>;
