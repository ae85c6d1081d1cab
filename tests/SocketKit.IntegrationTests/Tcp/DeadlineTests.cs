using System.Diagnostics;
using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class DeadlineTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task An_accept_deadline_passes_and_the_server_goes_on(CallShape shape)
    {
        using TcpServer server = Listen();
        server.ReceiveTimeout = Moment;
        var clock = Stopwatch.StartNew();

        SocketTimeoutException timeout = await Expect.Timeout(server.AcceptBy(shape));

        clock.Elapsed.Should().BeGreaterThanOrEqualTo(Moment).And.BeLessThan(Limits.Hang);
        timeout.Operation.Should().Be("accept");
        timeout.Timeout.Should().Be(Moment);
        timeout.Message.Should().Be($"accept on {server.LocalEndPoint} timed out after 100 ms.");
        using TcpClient client = Connect(server);
        using TcpConnection accepted = await server.AcceptBy(shape).Within();
    }

    [Fact]
    public void The_accept_timeout_of_the_options_is_the_servers_first()
    {
        TcpServerOptions options = ServerOptions;
        options.AcceptTimeout = Moment;
        using TcpServer server = Listen(options);

        server.ReceiveTimeout.Should().Be(Moment);
        Expect.Timeout(Record.Exception(server.Accept));
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_receive_deadline_passes_and_what_comes_later_is_still_received(CallShape shape)
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Accepted.ReceiveTimeout = Moment;
        var clock = Stopwatch.StartNew();

        SocketTimeoutException timeout = await Expect.Timeout(pair.Accepted.ReceiveBy(shape, new byte[4]));

        clock.Elapsed.Should().BeGreaterThanOrEqualTo(Moment).And.BeLessThan(Limits.Hang);
        timeout.Operation.Should().Be("receive");
        timeout.Timeout.Should().Be(Moment);
        timeout.IsTimeout().Should().BeTrue();
        timeout.IsDisconnect().Should().BeFalse();
        timeout.Message.Should().Be($"receive on {pair.Accepted.LocalEndPoint} ← {pair.Accepted.RemoteEndPoint} timed out after 100 ms.");
        pair.Accepted.CloseReason.Should().Be(CloseReason.None);
        pair.Client.Send("late"u8);
        (await pair.Accepted.ReceiveBy(CallShape.Try, new byte[4]).Within()).Should().Be(4);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_peek_and_an_empty_receive_have_the_deadline_too(CallShape shape)
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Accepted.ReceiveTimeout = Moment;
        byte[] one = new byte[1];

        await Expect.Timeout(
            shape == CallShape.Async ? pair.Accepted.PeekAsync(one).AsTask() : Limits.OnThread(() => pair.Accepted.Peek(one)));
        await Expect.Timeout(pair.Accepted.ReceiveBy(shape, Memory<byte>.Empty));
    }

    [Fact]
    public async Task Deadlines_hold_after_an_async_operation_on_the_same_socket()
    {
        using TcpPairUnderTest pair = ConnectPair();
        await pair.Client.SendAsync(new byte[1]).Within();
        (await pair.Accepted.ReceiveAsync(new byte[1]).Within()).Should().Be(1);
        pair.Accepted.ReceiveTimeout = Moment;

        for (int i = 0; i < 3; i++)
        {
            var clock = Stopwatch.StartNew();
            await Expect.Timeout(pair.Accepted.ReceiveBy(CallShape.Blocking, new byte[1]));
            clock.Elapsed.Should().BeGreaterThanOrEqualTo(Moment, "a socket that was used asynchronously must not time out at once");
            await Expect.Timeout(pair.Accepted.ReceiveBy(CallShape.Async, new byte[1]));
        }
    }

    [Fact]
    public void A_change_applies_from_the_next_call()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Accepted.ReceiveTimeout = TimeSpan.FromMilliseconds(1);
        Expect.Timeout(Record.Exception(() => pair.Accepted.Receive(new byte[1]))).Timeout.Should().Be(TimeSpan.FromMilliseconds(1));

        pair.Accepted.ReceiveTimeout = TimeSpan.FromMilliseconds(2);
        Expect.Timeout(Record.Exception(() => pair.Accepted.Receive(new byte[1]))).Timeout.Should().Be(TimeSpan.FromMilliseconds(2));
    }

    [Fact]
    public async Task The_token_and_the_deadline_end_a_receive_each_in_its_own_way()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using var source = new CancellationTokenSource();
        pair.Accepted.ReceiveTimeout = Moment;

        await Expect.Timeout(pair.Accepted.ReceiveAsync(new byte[1], source.Token).AsTask());
        pair.Accepted.ReceiveTimeout = Limits.Hang;
        Task<int> pending = pair.Accepted.ReceiveAsync(new byte[1], source.Token).AsTask();
        source.Cancel();

        await Expect.Canceled(pending, source.Token);
    }

    [Fact]
    public async Task A_deadline_of_more_than_the_longest_poll_is_accepted()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Accepted.Timeout = TimeSpan.FromDays(60);
        Task<int> blocking = pair.Accepted.ReceiveBy(CallShape.Blocking, new byte[1]);
        await pair.Client.SendAsync(new byte[1]).Within();
        (await blocking.Within()).Should().Be(1);

        Task<int> pending = pair.Accepted.ReceiveAsync(new byte[1]).AsTask();
        await pair.Client.SendAsync(new byte[1]).Within();
        (await pending.Within()).Should().Be(1);
        pair.Accepted.Timeout = TimeSpan.MaxValue;
        await pair.Client.SendAsync(new byte[1]).Within();
        (await pair.Accepted.ReceiveAsync(new byte[1]).Within()).Should().Be(1);
    }

    [Fact]
    public void Servers_and_clients_on_the_same_thread_need_no_time_to_time_out_in_turn()
    {
        using TcpServer server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), ServerOptions);
        server.Timeout = TimeSpan.FromMilliseconds(1);

        for (int i = 0; i < 50; i++)
        {
            Expect.Timeout(Record.Exception(server.Accept));
        }
    }
}

public sealed class DeadlineTests_Portable : DeadlineTests<PortableUnderTest>;

public sealed class DeadlineTests_Epoll : DeadlineTests<EpollUnderTest>;
