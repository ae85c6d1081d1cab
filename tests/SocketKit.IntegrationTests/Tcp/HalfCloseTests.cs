using System.Buffers;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>What a half-close does to a connection that has ended, and to a send that is under way.</summary>
public abstract class HalfCloseTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task A_second_half_close_after_a_clean_end_does_nothing()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Peer.Socket.Shutdown(SocketShutdown.Send);
        (await pair.Connection.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        pair.Connection.ShutdownSend();
        (await pair.Peer.ReadToEnd().Within()).IsFinish.Should().BeTrue();
        pair.Peer.Close();

        // The end is complete once the peer's acknowledgement of our FIN has come, which nothing announces.
        for (int i = 0; i < 100; i++)
        {
            pair.Connection.ShutdownSend();
            await Task.Yield();
        }

        pair.Connection.CloseReason.Should().Be(CloseReason.PeerFinished);
        (await pair.Connection.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        pair.Connection.CloseReason.Should().Be(CloseReason.PeerFinished);
    }

    [Fact]
    public async Task A_half_close_after_a_reset_that_nobody_has_received_does_nothing_and_the_reset_is_still_reported()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Peer.Reset();
        pair.Connection.WaitReadable(Limits.Hang).Should().BeTrue();

        pair.Connection.ShutdownSend();
        pair.Connection.ShutdownSend();

        pair.Connection.CloseReason.Should().Be(CloseReason.None);
        await Expect.Socket(pair.Connection.ReceiveAsync(new byte[1]).AsTask(), SocketError.ConnectionReset);
        pair.Connection.CloseReason.Should().Be(CloseReason.PeerReset);
    }

    [Theory]
    [InlineData(CallShape.Blocking, false)]
    [InlineData(CallShape.Blocking, true)]
    [InlineData(CallShape.Async, false)]
    public async Task A_send_that_a_half_close_ended_halfway_makes_dispose_a_reset(CallShape shape, bool withDeadline)
    {
        using PlainPairUnderTest pair = ConnectPlainWithSmallBuffers();
        pair.Connection.SendTimeout = withDeadline ? Limits.Hang : Timeout.InfiniteTimeSpan;
        Task send = pair.Connection.SendBy(shape, Payload.Of(Payload.MoreThanKernelTakes));
        await TcpFill.UntilFull(pair.Connection);

        pair.Connection.ShutdownSend();

        await Expect.Socket(send, SocketError.Shutdown);
        pair.Connection.CloseReason.Should().Be(CloseReason.None, "the peer is well");
        pair.Connection.Dispose();
        (await pair.Peer.ReadToEnd().Within()).IsReset.Should().BeTrue("a message of which a part is missing must not look complete");
    }

    [Fact]
    public async Task A_gathered_send_that_a_half_close_ended_halfway_makes_dispose_a_reset()
    {
        using PlainPairUnderTest pair = ConnectPlainWithSmallBuffers();
        byte[] part = Payload.Of(Payload.MoreThanKernelTakes / 4);
        Task send = pair.Connection.SendAsync(Segments.Of(part, part, part, part)).AsTask();
        await TcpFill.UntilFull(pair.Connection);

        pair.Connection.ShutdownSend();

        await Expect.Socket(send, SocketError.Shutdown);
        pair.Connection.Dispose();
        (await pair.Peer.ReadToEnd().Within()).IsReset.Should().BeTrue();
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_send_that_begins_after_the_half_close_leaves_dispose_a_finish(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.Send("all of it"u8);
        pair.Connection.ShutdownSend();

        await Expect.Socket(pair.Connection.SendBy(shape, new byte[10]), SocketError.Shutdown);

        pair.Connection.Dispose();
        (await pair.Peer.ReadToEnd().Within()).Should().Be(new PlainPeer.Ending(9, SocketError.Success));
    }
}

public sealed class HalfCloseTests_Portable : HalfCloseTests<PortableUnderTest>;

public sealed class HalfCloseTests_Epoll : HalfCloseTests<EpollUnderTest>;
