using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>Where the linger time of a connection comes from.</summary>
public enum LingerOrigin
{
    Property,
    Options,
    Configure,
    RawSocket,
}

/// <summary>SO_LINGER, however it was set: nobody waits for it, and the peer gets what it would have got.</summary>
[Collection(Serial.Name)]
public abstract class LingerTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(300);

    [Theory]
    [InlineData(LingerOrigin.Property)]
    [InlineData(LingerOrigin.Options)]
    [InlineData(LingerOrigin.Configure)]
    [InlineData(LingerOrigin.RawSocket)]
    public async Task Dispose_does_not_wait_for_a_linger_time_and_all_data_arrives(LingerOrigin origin)
    {
        using PlainPairUnderTest pair = ConnectLingering(origin, s_long);
        long sent = TcpFill.Up(pair.Connection);

        await Limits.OnThread(pair.Connection.Dispose).Within();

        (await pair.Peer.ReadToEnd().Within()).Should().Be(new PlainPeer.Ending(sent, SocketError.Success));
    }

    [Fact]
    public async Task Dispose_does_not_wait_for_a_linger_time_that_a_listener_from_elsewhere_hands_down()
    {
        var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.LingerState = new LingerOption(true, 300);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        using TcpServer server = TcpServer.FromSocket(listening);
        using PlainPeer peer = PlainPeer.ConnectTo(server.LocalEndPoint, static socket => socket.ReceiveBufferSize = SmallBuffer);
        using TcpConnection accepted = server.Accept();
        long sent = TcpFill.Up(accepted);

        await Limits.OnThread(accepted.Dispose).Within();

        (await peer.ReadToEnd().Within()).Should().Be(new PlainPeer.Ending(sent, SocketError.Success));
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task Dispose_under_a_pending_receive_does_not_leave_the_wait_to_whoever_closes_last(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectLingering(LingerOrigin.Configure, s_long);
        long sent = TcpFill.Up(pair.Connection);
        Task<int> receive = pair.Connection.ReceiveBy(shape, new byte[1]);
        await TestReceives.Begun(pair.Connection);

        await Limits.OnThread(pair.Connection.Dispose).Within();

        await Expect.Disposed(receive);
        (await pair.Peer.ReadToEnd().Within()).Should().Be(new PlainPeer.Ending(sent, SocketError.Success));
    }

    [Theory]
    [InlineData(LingerOrigin.Options)]
    [InlineData(LingerOrigin.Configure)]
    [InlineData(LingerOrigin.RawSocket)]
    public async Task A_linger_time_of_zero_makes_dispose_a_reset_also_under_a_blocked_receive(LingerOrigin origin)
    {
        using PlainPairUnderTest pair = ConnectLingering(origin, TimeSpan.Zero);
        Task<int> receive = pair.Connection.ReceiveBy(CallShape.Blocking, new byte[1]);
        await TestReceives.Begun(pair.Connection);

        pair.Connection.Dispose();

        await Expect.Disposed(receive);
        (await pair.Peer.ReadToEnd().Within()).IsReset.Should().BeTrue();
    }

    [Fact]
    public async Task Sixty_lingering_closes_hold_up_no_other_connection()
    {
        await using TcpServer echo = Listen();
        Task serving = echo.ServeAsync(static async (connection, token) =>
        {
            byte[] buffer = new byte[1];
            while (await connection.ReceiveAsync(buffer, token) > 0)
            {
                await Task.Yield();
                await connection.SendAsync(buffer, token);
            }
        });
        using TcpClient user = Connect(echo);
        var stuck = new List<PlainPairUnderTest>();
        try
        {
            for (int i = 0; i < 60; i++)
            {
                stuck.Add(ConnectLingering(LingerOrigin.Options, s_long));
                stuck[i].Connection.TrySend(Payload.Of(Payload.MoreThanKernelTakes / 16), out _).Should().BeTrue();
            }

            int busy = ThreadPool.ThreadCount;
            await Limits.OnThread(() => stuck.ForEach(static pair => pair.Connection.Dispose())).Within();

            await user.SendAsync("x"u8.ToArray()).Within();
            (await user.ReceiveAsync(new byte[1]).Within()).Should().Be(1);
            ThreadPool.ThreadCount.Should().BeLessThan(busy + 10, "no close waits on a thread of the pool");
        }
        finally
        {
            stuck.ForEach(static pair => pair.Peer.Reset());
        }

        await echo.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    private PlainPairUnderTest ConnectLingering(LingerOrigin origin, TimeSpan linger)
    {
        var state = new LingerOption(true, (int)linger.TotalSeconds);
        TcpServerOptions options = ServerOptions;
        options.Linger = origin == LingerOrigin.Options ? linger : null;
        options.Configure = origin == LingerOrigin.Configure ? socket => socket.LingerState = state : null;
        using TcpServer server = Listen(options);
        PlainPeer peer = PlainPeer.ConnectTo(server.LocalEndPoint, static socket => socket.ReceiveBufferSize = SmallBuffer);
        TcpConnection accepted = server.Accept();
        if (origin == LingerOrigin.Property)
        {
            accepted.Linger = linger;
        }
        else if (origin == LingerOrigin.RawSocket)
        {
            accepted.Socket.LingerState = state;
        }

        return new PlainPairUnderTest(peer, accepted);
    }
}

public sealed class LingerTests_Portable : LingerTests<PortableUnderTest>;

public sealed class LingerTests_Epoll : LingerTests<EpollUnderTest>;
