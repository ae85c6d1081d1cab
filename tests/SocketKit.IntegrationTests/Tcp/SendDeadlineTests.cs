using System.Diagnostics;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class SendDeadlineTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_send_deadline_says_exactly_how_much_the_peer_can_read(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.SendTimeout = TimeSpan.FromMilliseconds(300);
        var clock = Stopwatch.StartNew();

        Exception? failure = await Expect.Failure(pair.Connection.SendBy(shape, Payload.Of(Payload.MoreThanKernelTakes)));

        clock.Elapsed.Should().BeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(300));
        await ShouldHaveSent(pair, failure);
    }

    [Fact]
    public async Task A_gathered_send_says_exactly_how_much_the_peer_can_read()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.SendTimeout = TimeSpan.FromMilliseconds(300);

        Exception? failure = await Expect.Failure(
            pair.Connection.SendAsync(Segments.Cut(Payload.Of(Payload.MoreThanKernelTakes), 10_000)).AsTask());

        await ShouldHaveSent(pair, failure);
    }

    [Fact]
    public async Task After_a_send_deadline_one_can_go_on_where_it_stopped()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] data = Payload.Of(Payload.MoreThanKernelTakes);
        pair.Connection.SendTimeout = Moment;
        SocketTimeoutException timeout = Record.Exception(() => pair.Connection.Send(data))
            .Should().BeOfType<SocketTimeoutException>().Subject;
        pair.Connection.SendTimeout = Limits.Hang;

        Task<byte[]> read = Limits.OnThread(() => pair.Peer.Read(data.Length));
        await pair.Connection.SendAsync(data.AsMemory((int)timeout.BytesTransferred)).Within();

        (await read.Within()).AsSpan().SequenceEqual(data).Should().BeTrue();
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_slow_reader_does_not_restart_the_deadline(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlainWithSmallBuffers();
        pair.Connection.SendTimeout = TimeSpan.FromMilliseconds(500);
        using var stop = new CancellationTokenSource();
        Task drip = Limits.OnThread(() =>
        {
            byte[] sip = new byte[32 * 1024];
            while (!stop.Token.WaitHandle.WaitOne(20))
            {
                if (pair.Peer.Socket.Available > 0)
                {
                    pair.Peer.Socket.Receive(sip);
                }
            }
        });

        // At 32 KiB in 20 ms the whole would take more than a minute.
        Exception? failure = await Expect.Failure(pair.Connection.SendBy(shape, new byte[128 * 1024 * 1024]));
        stop.Cancel();
        await drip.Within();

        failure.Should().BeOfType<SocketTimeoutException>().Which.BytesTransferred.Should().BePositive();
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_full_connection_times_out_with_nothing_sent(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlainWithSmallBuffers();
        TcpFill.Up(pair.Connection);
        pair.Connection.SendTimeout = Moment;

        Exception? failure;
        do
        {
            // The kernel may find room for a few bytes more.
            failure = await Expect.Failure(pair.Connection.SendBy(shape, new byte[1]));
        }
        while (failure is null);

        SocketTimeoutException timeout = Expect.Timeout(failure);
        timeout.Operation.Should().Be("send");
        timeout.Message.Should().Be($"send on {pair.Connection.LocalEndPoint} → {pair.Connection.RemoteEndPoint} timed out after 100 ms.");
    }

    [Fact]
    public async Task Against_a_peer_that_never_reads_a_send_waits_and_abort_ends_it()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task send = pair.Connection.SendAsync(new byte[64 * 1024 * 1024]).AsTask();
        await TcpFill.UntilFull(pair.Connection);
        send.IsCompleted.Should().BeFalse();

        pair.Connection.Abort();

        await Expect.Disposed(send);
        pair.Connection.CloseReason.Should().Be(CloseReason.LocalAbort);
    }

    private static async Task ShouldHaveSent(PlainPairUnderTest pair, Exception? failure)
    {
        long count = failure.Should().BeOfType<SocketTimeoutException>().Which.BytesTransferred;
        count.Should().BePositive().And.BeLessThan(Payload.MoreThanKernelTakes);
        pair.Connection.CloseReason.Should().Be(CloseReason.None, "the connection is usable");
        pair.Connection.ShutdownSend();
        (await pair.Peer.ReadToEnd().Within()).Should().Be(new PlainPeer.Ending(count, SocketError.Success));
    }
}

public sealed class SendDeadlineTests_Portable : SendDeadlineTests<PortableUnderTest>;

public sealed class SendDeadlineTests_Epoll : SendDeadlineTests<EpollUnderTest>;
