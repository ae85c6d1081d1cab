using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class SendQueueTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Large = 6 * 1024 * 1024;

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task Concurrent_sends_arrive_whole(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task[] sends = [.. Enumerable.Range(1, 3).Select(i => pair.Connection.SendBy(shape, Filled(Large, (byte)i)))];

        byte[] all = await Limits.OnThread(() => pair.Peer.Read(3 * Large)).Within();
        await Task.WhenAll(sends).Within();

        for (int i = 0; i < 3; i++)
        {
            all.AsSpan(i * Large, Large).IndexOfAnyExcept(all[i * Large]).Should().Be(-1, "no message has another one inside");
        }

        new[] { all[0], all[Large], all[2 * Large] }.Order().Should().Equal([1, 2, 3], "in whatever order the threads came");
    }

    [Fact]
    public async Task Async_sends_keep_the_order_of_their_calls()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        var sends = new List<Task> { pair.Connection.SendAsync(Filled(Large, 0)).AsTask() };
        for (byte i = 1; i <= 100; i++)
        {
            sends.Add(i % 2 == 0
                ? pair.Connection.SendAsync(new[] { i }).AsTask()
                : pair.Connection.SendAsync(Segments.Of(new[] { i }, Memory<byte>.Empty)).AsTask());
        }

        byte[] all = await Limits.OnThread(() => pair.Peer.Read(Large + 100)).Within();
        await Task.WhenAll(sends).Within();

        all.AsSpan(Large).ToArray().Should().Equal(Enumerable.Range(1, 100).Select(static i => (byte)i));
    }

    [Fact]
    public async Task While_a_send_waits_TrySend_is_false_and_a_non_blocking_send_would_block()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task pending = pair.Connection.SendAsync(new byte[Payload.MoreThanKernelTakes]).AsTask();
        pending.IsCompleted.Should().BeFalse();

        pair.Connection.TrySend(new byte[1], out int sent).Should().BeFalse();
        sent.Should().Be(0);
        pair.Connection.SendTimeout = TimeSpan.Zero;
        Expect.Socket(Record.Exception(() => pair.Connection.Send(new byte[1])), System.Net.Sockets.SocketError.WouldBlock);

        (await Limits.OnThread(() => pair.Peer.Read(Payload.MoreThanKernelTakes)).Within())
            .Should().OnlyContain(static value => value == 0);
        await pending.Within();
        pair.Connection.TrySend(new byte[1], out _).Should().BeTrue();
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task The_time_in_the_queue_does_not_count(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task first = pair.Connection.SendAsync(new byte[Payload.MoreThanKernelTakes]).AsTask();
        pair.Connection.SendTimeout = pair.Connection.ReceiveTimeout = Moment;

        Task second = pair.Connection.SendBy(shape, new byte[1]);
        await Expect.Timeout(pair.Connection.ReceiveAsync(new byte[1]).AsTask());
        await Expect.Timeout(pair.Connection.ReceiveAsync(new byte[1]).AsTask());

        second.IsCompleted.Should().BeFalse("twice its time-out has passed, and it has not been its turn");
        await Limits.OnThread(() => pair.Peer.Read(Payload.MoreThanKernelTakes + 1)).Within();
        await first.Within();
        await second.Within();
    }

    [Fact]
    public async Task A_message_cut_by_its_deadline_fails_those_queued_behind_it_and_none_after_them()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.SendTimeout = TimeSpan.FromMilliseconds(300);
        Task cut = pair.Connection.SendAsync(new byte[Payload.MoreThanKernelTakes]).AsTask();
        pair.Connection.SendTimeout = Limits.Hang;
        Task behind = pair.Connection.SendAsync(Filled(10, 7)).AsTask();
        Task blockingBehind = pair.Connection.SendBy(CallShape.Blocking, Filled(10, 8));

        int count = (int)(await Expect.Failure(cut)).Should().BeOfType<SocketTimeoutException>().Which.BytesTransferred;
        await Expect.Timeout(behind);
        Exception? other = await WithReader(pair, count, blockingBehind);
        other?.Should().BeOfType<SocketTimeoutException>();
        await pair.Connection.SendAsync(Filled(3, 9)).Within();

        byte[] tail = await Limits.OnThread(() => pair.Peer.Read(other is null ? 13 : 3)).Within();
        tail[^3..].Should().Equal(9, 9, 9);
    }

    [Fact]
    public async Task A_queued_send_that_is_cancelled_is_taken_out_and_harms_nothing()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using var source = new CancellationTokenSource();
        Task first = pair.Connection.SendAsync(new byte[Payload.MoreThanKernelTakes]).AsTask();
        Task second = pair.Connection.SendAsync(Filled(10, 7), source.Token).AsTask();
        Task third = pair.Connection.SendAsync(Filled(10, 8)).AsTask();

        source.Cancel();
        await Expect.Canceled(second, source.Token);
        byte[] all = await Limits.OnThread(() => pair.Peer.Read(Payload.MoreThanKernelTakes + 10)).Within();
        await Task.WhenAll(first, third).Within();

        all[^10..].Should().Equal(Filled(10, 8));
        pair.Connection.CloseReason.Should().Be(CloseReason.None);
    }

    private static byte[] Filled(int length, byte value)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill(value);
        return bytes;
    }

    /// <summary>The blocking one may have begun only after the cut; then it went out, once somebody read.</summary>
    private static async Task<Exception?> WithReader(PlainPairUnderTest pair, int count, Task send)
    {
        await Limits.OnThread(() => pair.Peer.Read(count)).Within();
        return await Expect.Failure(send);
    }
}

public sealed class SendQueueTests_Portable : SendQueueTests<PortableUnderTest>;

public sealed class SendQueueTests_Epoll : SendQueueTests<EpollUnderTest>;
