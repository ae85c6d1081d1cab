using System.Diagnostics;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>The receives that take a time-out of their own.</summary>
public enum TimedReceive
{
    Some,
    Exactly,
    TryExactly,
}

/// <summary>Rows of tests of all of them.</summary>
public static class TimedReceives
{
    public static TheoryData<TimedReceive, CallShape> InBothShapes => new()
    {
        { TimedReceive.Some, CallShape.Blocking },
        { TimedReceive.Some, CallShape.Async },
        { TimedReceive.Exactly, CallShape.Blocking },
        { TimedReceive.Exactly, CallShape.Async },
        { TimedReceive.TryExactly, CallShape.Blocking },
        { TimedReceive.TryExactly, CallShape.Async },
    };
}

/// <summary>Receives and accepts whose own time-out counts in place of the socket's; zero or less is one attempt.</summary>
public abstract class CallTimeoutTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly TimeSpan s_over = TimeSpan.FromSeconds(-3);

    [Theory]
    [MemberData(nameof(TimedReceives.InBothShapes), MemberType = typeof(TimedReceives))]
    public async Task A_receive_ends_at_its_own_time_and_the_connection_stays_usable(TimedReceive kind, CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.ReceiveTimeout = Limits.Hang;
        var clock = Stopwatch.StartNew();

        SocketTimeoutException timeout = await Expect.Timeout(Receive(pair.Connection, kind, shape, new byte[4], Moment));

        clock.Elapsed.Should().BeGreaterThanOrEqualTo(Moment);
        timeout.Timeout.Should().Be(Moment);
        timeout.Message.Should().Contain("timed out after 100 ms");
        await Arrives(pair, kind, shape);
        pair.Connection.ReceiveTimeout.Should().Be(Limits.Hang, "only the call has another time-out");
    }

    [Theory]
    [MemberData(nameof(TimedReceives.InBothShapes), MemberType = typeof(TimedReceives))]
    public async Task Zero_or_less_is_one_attempt(TimedReceive kind, CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        foreach (TimeSpan over in new[] { TimeSpan.Zero, TimeSpan.FromTicks(-1), s_over, TimeSpan.MinValue })
        {
            (await Expect.Timeout(Receive(pair.Connection, kind, shape, new byte[4], over))).Timeout.Should().Be(TimeSpan.Zero);
            pair.Peer.Socket.Send("data"u8);
            await Until(() => pair.Connection.Available == 4);
            byte[] buffer = new byte[4];

            (await Receive(pair.Connection, kind, shape, buffer, over).Within()).Should().Be(4);
            buffer.Should().Equal("data"u8.ToArray());
        }

        pair.Peer.Close();
        pair.Connection.WaitReadable(Limits.Hang).Should().BeTrue();
        Exception? end = await Expect.Failure(Receive(pair.Connection, kind, shape, new byte[4], s_over));
        (end is EndOfStreamException).Should().Be(kind == TimedReceive.Exactly, "only this form has to fill its buffer");
    }

    [Theory]
    [MemberData(nameof(TimedReceives.InBothShapes), MemberType = typeof(TimedReceives))]
    public async Task Neither_the_mode_nor_the_time_out_of_the_connection_counts(TimedReceive kind, CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.Blocking = false;
        await Expect.Timeout(Receive(pair.Connection, kind, shape, new byte[4], Moment));
        await Arrives(pair, kind, shape);

        pair.Connection.ReceiveTimeout = TimeSpan.FromTicks(1);
        await Arrives(pair, kind, shape);
    }

    [Theory]
    [MemberData(nameof(TimedReceives.InBothShapes), MemberType = typeof(TimedReceives))]
    public async Task What_came_in_time_counts(TimedReceive kind, CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] buffer = new byte[4];
        pair.Peer.Socket.Send("da"u8);
        await Until(() => pair.Connection.Available == 2);

        if (kind == TimedReceive.Some)
        {
            (await Receive(pair.Connection, kind, shape, buffer, TimeSpan.Zero).Within()).Should().Be(2);
        }
        else
        {
            await Expect.Timeout(Receive(pair.Connection, kind, shape, buffer, TimeSpan.Zero), bytes: 2);
        }

        pair.Peer.Socket.Send("ta"u8);
        (await Receive(pair.Connection, kind, shape, buffer.AsMemory(2), Limits.Hang).Within()).Should().Be(2);
        buffer.Should().Equal("data"u8.ToArray());
    }

    [Theory]
    [InlineData(TimedReceive.Some)]
    [InlineData(TimedReceive.Exactly)]
    [InlineData(TimedReceive.TryExactly)]
    public async Task A_token_ends_a_receive_before_its_time(TimedReceive kind)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using var source = new CancellationTokenSource();
        Task receive = Receive(pair.Connection, kind, CallShape.Async, new byte[4], Limits.Hang, source.Token);

        source.Cancel();

        await Expect.Canceled(receive, source.Token);
        await Expect.Canceled(Receive(pair.Connection, kind, CallShape.Async, new byte[4], TimeSpan.Zero, source.Token), source.Token);
        await Arrives(pair, kind, CallShape.Async);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task An_accept_ends_at_its_own_time_and_the_server_stays_usable(CallShape shape)
    {
        using TcpServer server = Listen();
        var clock = Stopwatch.StartNew();

        SocketTimeoutException timeout = await Expect.Timeout(Accept(server, shape, Moment));

        clock.Elapsed.Should().BeGreaterThanOrEqualTo(Moment);
        timeout.Operation.Should().Be("accept");
        timeout.Timeout.Should().Be(Moment);
        Task<TcpConnection> accept = Accept(server, shape, Timeout.InfiniteTimeSpan);
        using TcpClient client = Connect(server);
        using TcpConnection accepted = await accept.Within();
        accepted.RemoteEndPoint.Should().Be(client.LocalEndPoint);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task An_accept_with_zero_or_less_is_one_attempt(CallShape shape)
    {
        using TcpServer server = Listen();
        foreach (TimeSpan over in new[] { TimeSpan.Zero, s_over })
        {
            (await Expect.Timeout(Accept(server, shape, over))).Timeout.Should().Be(TimeSpan.Zero);
            using TcpClient client = Connect(server);
            server.WaitReadable(Limits.Hang).Should().BeTrue();

            using TcpConnection accepted = await Accept(server, shape, over).Within();
            accepted.RemoteEndPoint.Should().Be(client.LocalEndPoint);
        }

        server.Dispose();
        await Expect.Disposed(Accept(server, shape, s_over));
    }

    [Fact]
    public async Task A_token_ends_an_accept_before_its_time()
    {
        using TcpServer server = Listen();
        using var source = new CancellationTokenSource();
        Task accept = server.AcceptAsync(Limits.Hang, source.Token).AsTask();

        source.Cancel();

        await Expect.Canceled(accept, source.Token);
        await Expect.Canceled(server.AcceptAsync(TimeSpan.Zero, source.Token).AsTask(), source.Token);
    }

    private static async Task Arrives(PlainPairUnderTest pair, TimedReceive kind, CallShape shape)
    {
        byte[] buffer = new byte[4];
        Task<int> receive = Receive(pair.Connection, kind, shape, buffer, Limits.Hang);
        pair.Peer.Socket.Send("late"u8);
        (await receive.Within()).Should().Be(4);
        buffer.Should().Equal("late"u8.ToArray());
    }

    private static Task<TcpConnection> Accept(TcpServer server, CallShape shape, TimeSpan timeout) => shape == CallShape.Async
        ? server.AcceptAsync(timeout).AsTask()
        : Limits.OnThread(() => server.Accept(timeout));

    private static Task<int> Receive(
        TcpConnection connection,
        TimedReceive kind,
        CallShape shape,
        Memory<byte> buffer,
        TimeSpan timeout,
        CancellationToken token = default)
    {
        return shape == CallShape.Async ? Async() : Limits.OnThread(Blocking);

        async Task<int> Async()
        {
            switch (kind)
            {
                case TimedReceive.Some:
                    return await connection.ReceiveAsync(buffer, timeout, token);
                case TimedReceive.Exactly:
                    await connection.ReceiveExactlyAsync(buffer, timeout, token);
                    return buffer.Length;
                default:
                    return await connection.TryReceiveExactlyAsync(buffer, timeout, token) ? buffer.Length : 0;
            }
        }

        int Blocking()
        {
            switch (kind)
            {
                case TimedReceive.Some:
                    return connection.Receive(buffer.Span, timeout);
                case TimedReceive.Exactly:
                    connection.ReceiveExactly(buffer.Span, timeout);
                    return buffer.Length;
                default:
                    return connection.TryReceiveExactly(buffer.Span, timeout) ? buffer.Length : 0;
            }
        }
    }
}

public sealed class CallTimeoutTests_Portable : CallTimeoutTests<PortableUnderTest>;

public sealed class CallTimeoutTests_Epoll : CallTimeoutTests<EpollUnderTest>;
