using System.Buffers;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class CloseAsThePeerSeesItTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task Dispose_is_a_finish_and_what_was_sent_arrives()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.Send(Payload.Of(50_000));

        pair.Connection.Dispose();

        (await pair.Peer.ReadToEnd().Within()).Should().Be(new PlainPeer.Ending(50_000, SocketError.Success));
    }

    [Fact]
    public async Task DisposeAsync_is_a_finish_too()
    {
        using PlainPairUnderTest pair = ConnectPlain();

        await pair.Connection.DisposeAsync();

        (await pair.Peer.ReadToEnd().Within()).IsFinish.Should().BeTrue();
    }

    [Fact]
    public async Task Abort_is_a_reset()
    {
        using PlainPairUnderTest pair = ConnectPlain();

        pair.Connection.Abort();

        (await pair.Peer.ReadToEnd().Within()).IsReset.Should().BeTrue();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60_000)]
    public async Task Dispose_with_up_to_64_KiB_unread_is_a_finish_and_our_last_reply_arrives(int unread)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        await Limits.OnThread(() => pair.Peer.Socket.Send(Payload.Of(unread))).Within();
        await Until(() => pair.Connection.Available == unread);
        pair.Connection.Send("last reply"u8);

        pair.Connection.Dispose();

        (await pair.Peer.ReadToEnd().Within()).Should().Be(new PlainPeer.Ending(10, SocketError.Success));
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task Dispose_while_a_receive_waits_is_a_finish(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task<int> pending = pair.Connection.ReceiveBy(shape, new byte[1]);
        await TestReceives.Begun(pair.Connection);

        pair.Connection.Dispose();

        (await pair.Peer.ReadToEnd().Within()).IsFinish.Should().BeTrue();
        await Expect.Disposed(pending);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task Dispose_in_the_middle_of_a_send_is_a_reset(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task send = pair.Connection.SendBy(shape, Payload.Of(Payload.MoreThanKernelTakes));
        await TcpFill.UntilFull(pair.Connection);

        pair.Connection.Dispose();

        await Expect.Disposed(send);
        (await pair.Peer.ReadToEnd().Within()).IsReset.Should().BeTrue("a cut message must not look complete");
    }

    [Fact]
    public async Task Dispose_after_a_cut_message_is_a_reset_also_if_a_later_one_found_no_room()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.SendTimeout = TimeSpan.FromMilliseconds(20);
        do
        {
            Action cut = () => pair.Connection.Send(Payload.Of(Payload.MoreThanKernelTakes));
            cut.Should().Throw<SocketTimeoutException>();
        }
        while (pair.Connection.TrySend([1], out _));

        pair.Connection.Dispose();

        (await pair.Peer.ReadToEnd().Within()).IsReset.Should().BeTrue("what found no room has completed nothing");
    }

    [Fact]
    public async Task Dispose_in_the_middle_of_a_send_with_a_deadline_is_a_reset()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.SendTimeout = Limits.Hang;
        Task send = pair.Connection.SendBy(CallShape.Blocking, Payload.Of(Payload.MoreThanKernelTakes));
        await TcpFill.UntilFull(pair.Connection);

        pair.Connection.Dispose();

        await Expect.Disposed(send);
        (await pair.Peer.ReadToEnd().Within()).IsReset.Should().BeTrue();
    }

    [Fact]
    public async Task Dispose_in_the_middle_of_a_gathered_send_is_a_reset()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] part = Payload.Of(Payload.MoreThanKernelTakes / 4);
        Task send = pair.Connection.SendAsync(Segments.Of(part, part, part, part)).AsTask();
        await TcpFill.UntilFull(pair.Connection);

        pair.Connection.Dispose();

        await Expect.Disposed(send);
        (await pair.Peer.ReadToEnd().Within()).IsReset.Should().BeTrue();
    }

    [Fact]
    public async Task Dispose_after_a_send_that_timed_out_halfway_is_a_reset()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.SendTimeout = Moment;
        Record.Exception(() => { pair.Connection.Send(Payload.Of(Payload.MoreThanKernelTakes)); })
            .Should().BeOfType<SocketTimeoutException>();

        pair.Connection.Dispose();

        (await pair.Peer.ReadToEnd().Within()).IsReset.Should().BeTrue();
    }

    [Fact]
    public async Task Dispose_after_the_rest_of_a_timed_out_send_went_out_is_a_finish()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] data = Payload.Of(Payload.MoreThanKernelTakes);
        pair.Connection.SendTimeout = Moment;
        SocketTimeoutException timeout = Record.Exception(() => { pair.Connection.Send(data); })
            .Should().BeOfType<SocketTimeoutException>().Subject;
        pair.Connection.SendTimeout = Timeout.InfiniteTimeSpan;

        Task<PlainPeer.Ending> ending = pair.Peer.ReadToEnd();
        await pair.Connection.SendAsync(data.AsMemory((int)timeout.BytesTransferred)).Within();
        pair.Connection.Dispose();

        (await ending.Within()).Should().Be(new PlainPeer.Ending(data.Length, SocketError.Success));
    }

    [Fact]
    public async Task Dispose_after_a_partial_non_blocking_send_is_a_finish_because_the_caller_knows_the_count()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.Blocking = false;
        int sent = pair.Connection.Send(Payload.Of(Payload.MoreThanKernelTakes));

        pair.Connection.Dispose();

        (await pair.Peer.ReadToEnd().Within()).Should().Be(new PlainPeer.Ending(sent, SocketError.Success));
    }

    [Fact]
    public async Task Linger_zero_makes_dispose_a_reset()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.Linger = TimeSpan.Zero;

        pair.Connection.Dispose();

        (await pair.Peer.ReadToEnd().Within()).IsReset.Should().BeTrue();
    }

    [Fact]
    public async Task A_positive_linger_does_not_hold_up_dispose_while_the_peer_does_not_read()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.Linger = TimeSpan.FromSeconds(300);
        long sent = TcpFill.Up(pair.Connection);

        await Limits.OnThread(pair.Connection.Dispose).Within();

        (await pair.Peer.ReadToEnd().Within()).Should().Be(new PlainPeer.Ending(sent, SocketError.Success));
    }
}

public sealed class CloseAsThePeerSeesItTests_Portable : CloseAsThePeerSeesItTests<PortableUnderTest>;

public sealed class CloseAsThePeerSeesItTests_Epoll : CloseAsThePeerSeesItTests<EpollUnderTest>;
