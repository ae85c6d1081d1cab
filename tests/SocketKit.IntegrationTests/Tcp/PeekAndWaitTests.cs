using System.Diagnostics;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class PeekAndWaitTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_peek_waits_for_data_and_does_not_consume_it(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] buffer = new byte[8];
        Task<int> peek = Peek(pair.Connection, shape, buffer);

        pair.Peer.Socket.Send("data"u8);

        (await peek.Within()).Should().Be(4);
        (await Peek(pair.Connection, shape, buffer.AsMemory(0, 2)).Within()).Should().Be(2);
        pair.Connection.Available.Should().Be(4);
        pair.Connection.Receive(buffer).Should().Be(4);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_peek_sees_the_end(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task<int> peek = Peek(pair.Connection, shape, new byte[8]);

        pair.Peer.Close();

        (await peek.Within()).Should().Be(0);
        (await pair.Connection.ReceiveAsync(new byte[8]).Within()).Should().Be(0);
    }

    [Theory]
    [InlineData(PendingCall.ReceiveAsync)]
    [InlineData(PendingCall.ReceiveAsyncWithDeadline)]
    [InlineData(PendingCall.ReceiveExactlyAsync)]
    [InlineData(PendingCall.PeekAsync)]
    [InlineData(PendingCall.ReceiveWithinAsync)]
    [InlineData(PendingCall.TryReceiveExactlyAsync)]
    public async Task A_second_receive_of_any_kind_is_refused_while_one_waits_and_waits_are_exempt(PendingCall call)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task first = PendingCalls.Start(call, pair.Connection);
        await using Stream stream = pair.Connection.GetStream(leaveOpen: true);
        byte[] untouched = new byte[1];

        Exception?[] refused =
        [
            Record.Exception(() => pair.Connection.Receive(untouched)),
            Record.Exception(() => pair.Connection.TryReceive(untouched, out _)),
            Record.Exception(() => pair.Connection.ReceiveExactly(untouched)),
            Record.Exception(() => pair.Connection.Peek(untouched)),
            Record.Exception(() => stream.Read(untouched)),
            await Expect.Failure(pair.Connection.ReceiveAsync(untouched).AsTask()),
            await Expect.Failure(pair.Connection.ReceiveAsync(Memory<byte>.Empty).AsTask()),
            await Expect.Failure(pair.Connection.ReceiveExactlyAsync(untouched).AsTask()),
            await Expect.Failure(pair.Connection.PeekAsync(untouched).AsTask()),
            Record.Exception(() => pair.Connection.Receive(untouched, TimeSpan.Zero)),
            Record.Exception(() => pair.Connection.TryReceiveExactly(untouched)),
            await Expect.Failure(pair.Connection.ReceiveAsync(untouched, TimeSpan.Zero).AsTask()),
            await Expect.Failure(pair.Connection.ReceiveExactlyAsync(untouched, Limits.Hang).AsTask()),
            await Expect.Failure(pair.Connection.TryReceiveExactlyAsync(untouched).AsTask()),
            await Expect.Failure(stream.ReadAsync(untouched).AsTask()),
        ];
        Task wait = pair.Connection.WaitReadableAsync().AsTask();
        pair.Connection.WaitReadable(TimeSpan.Zero).Should().BeFalse();
        pair.Peer.Socket.Send("complete"u8);

        refused.Should().AllBeOfType<InvalidOperationException>();
        await wait.Within();
        await first.Within();
        untouched.Should().Equal(0);
    }

    [Fact]
    public void A_readable_wait_ends_at_its_time_or_with_data()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        var clock = Stopwatch.StartNew();

        pair.Connection.WaitReadable(TimeSpan.Zero).Should().BeFalse();
        pair.Connection.WaitReadable(Moment).Should().BeFalse();
        clock.Elapsed.Should().BeGreaterThanOrEqualTo(Moment);
        pair.Peer.Socket.Send("x"u8);

        pair.Connection.WaitReadable(Timeout.InfiniteTimeSpan).Should().BeTrue();
        pair.Connection.Receive(new byte[1]).Should().Be(1, "the wait took nothing");
    }

    [Fact]
    public void A_writable_wait_is_true_until_the_kernel_is_full()
    {
        using PlainPairUnderTest pair = ConnectPlainWithSmallBuffers();
        pair.Connection.WaitWritable(TimeSpan.Zero).Should().BeTrue();

        long sent = TcpFill.Up(pair.Connection);
        pair.Connection.WaitWritable(TimeSpan.Zero).Should().BeFalse();
        pair.Peer.Read((int)sent);

        pair.Connection.WaitWritable(Limits.Hang).Should().BeTrue();
    }

    [Fact]
    public async Task Async_writable_waits_all_complete_once_there_is_room_and_readable_ones_stay()
    {
        using PlainPairUnderTest pair = ConnectPlainWithSmallBuffers();
        await pair.Connection.WaitWritableAsync().Within();

        long sent = TcpFill.Up(pair.Connection);
        Task[] waits = [.. Enumerable.Range(0, 5).Select(_ => pair.Connection.WaitWritableAsync().AsTask())];
        Task readable = pair.Connection.WaitReadableAsync().AsTask();
        waits.Should().OnlyContain(static wait => !wait.IsCompleted);
        pair.Peer.Read((int)sent);

        await Task.WhenAll(waits).Within();
        await pair.Connection.WaitWritableAsync().Within();
        pair.Connection.TrySend(new byte[1], out int taken).Should().BeTrue();
        taken.Should().Be(1);
        readable.IsCompleted.Should().BeFalse();
        pair.Peer.Socket.Send("x"u8);
        await readable.Within();
    }

    [Fact]
    public async Task Data_does_not_end_an_async_writable_wait_and_its_token_does()
    {
        using PlainPairUnderTest pair = ConnectPlainWithSmallBuffers();
        using var source = new CancellationTokenSource();
        long sent = TcpFill.Up(pair.Connection);
        Task ended = pair.Connection.WaitWritableAsync(source.Token).AsTask();
        Task other = pair.Connection.WaitWritableAsync().AsTask();

        pair.Peer.Socket.Send("x"u8);
        (await pair.Connection.ReceiveAsync(new byte[4]).Within()).Should().Be(1);
        ended.IsCompleted.Should().BeFalse();
        source.Cancel();

        await Expect.Canceled(ended, source.Token);
        other.IsCompleted.Should().BeFalse();
        pair.Peer.Read((int)sent);
        await other.Within();
    }

    [Fact]
    public async Task A_reset_ends_an_async_writable_wait_and_the_send_reports_it()
    {
        using PlainPairUnderTest pair = ConnectPlainWithSmallBuffers();
        TcpFill.Up(pair.Connection);
        Task wait = pair.Connection.WaitWritableAsync().AsTask();
        wait.IsCompleted.Should().BeFalse();

        pair.Peer.Reset();

        await wait.Within();
        Expect.Disconnected(Record.Exception(() => pair.Connection.TrySend("x"u8, out _)));
    }

    [Fact]
    public async Task An_async_writable_wait_beside_a_send_that_waits_ends_with_the_room()
    {
        using PlainPairUnderTest pair = ConnectPlainWithSmallBuffers();
        byte[] data = Payload.Of(Payload.MoreThanKernelTakes);
        Task send = pair.Connection.SendAsync(data).AsTask();
        await TcpFill.UntilFull(pair.Connection);
        Task wait = pair.Connection.WaitWritableAsync().AsTask();

        byte[] read = await Limits.OnThread(() => pair.Peer.Read(data.Length)).Within();

        await send.Within();
        await wait.Within();
        read.AsSpan().SequenceEqual(data).Should().BeTrue();
    }

    [Fact]
    public async Task Async_readable_waits_all_complete_and_take_nothing()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task[] waits = [.. Enumerable.Range(0, 5).Select(_ => pair.Connection.WaitReadableAsync().AsTask())];
        waits.Should().OnlyContain(static wait => !wait.IsCompleted);

        pair.Peer.Socket.Send("x"u8);

        await Task.WhenAll(waits).Within();
        await pair.Connection.WaitReadableAsync().Within();
        (await pair.Connection.ReceiveAsync(new byte[4]).Within()).Should().Be(1);
    }

    [Fact]
    public async Task An_async_readable_wait_beside_a_receive_ends_each_time_although_the_receive_takes_the_data()
    {
        // So many in a row that the epoll loop tries the receive itself, before any event.
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] buffer = new byte[1];
        for (int i = 0; i < 1000; i++)
        {
            Task<int> receive = pair.Connection.ReceiveAsync(buffer).AsTask();
            Task wait = pair.Connection.WaitReadableAsync().AsTask();

            pair.Peer.Socket.Send("x"u8);

            (await receive.Within()).Should().Be(1);
            await wait.Within();
        }
    }

    [Fact]
    public async Task An_async_readable_wait_is_ended_by_its_token_and_others_stay()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using var source = new CancellationTokenSource();
        Task ended = pair.Connection.WaitReadableAsync(source.Token).AsTask();
        Task other = pair.Connection.WaitReadableAsync().AsTask();

        source.Cancel();

        await Expect.Canceled(ended, source.Token);
        other.IsCompleted.Should().BeFalse();
        pair.Peer.Reset();
        await other.Within();
    }

    [Fact]
    public async Task A_servers_waits_see_a_client_and_accept_nothing()
    {
        using TcpServer server = Listen();
        server.WaitReadable(TimeSpan.Zero).Should().BeFalse();
        Task wait = server.WaitReadableAsync().AsTask();
        wait.IsCompleted.Should().BeFalse();

        using TcpClient client = Connect(server);

        await wait.Within();
        server.WaitReadable(Limits.Hang).Should().BeTrue();
        using TcpConnection accepted = await server.AcceptAsync().Within();
        accepted.RemoteEndPoint.Should().Be(client.LocalEndPoint);
    }

    private static Task<int> Peek(TcpConnection connection, CallShape shape, Memory<byte> buffer) => shape == CallShape.Async
        ? connection.PeekAsync(buffer).AsTask()
        : Limits.OnThread(() => connection.Peek(buffer.Span));
}

public sealed class PeekAndWaitTests_Portable : PeekAndWaitTests<PortableUnderTest>;

public sealed class PeekAndWaitTests_Epoll : PeekAndWaitTests<EpollUnderTest>;
