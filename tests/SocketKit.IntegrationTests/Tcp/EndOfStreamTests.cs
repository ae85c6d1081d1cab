using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class EndOfStreamTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task A_peer_that_closes_gives_zero_again_and_again(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task<int> pending = pair.Connection.ReceiveBy(shape, new byte[4]);

        pair.Peer.Close();

        (await pending.Within()).Should().Be(0);
        (await pair.Connection.ReceiveBy(shape, new byte[4]).Within()).Should().Be(0);
        pair.Connection.CloseReason.Should().Be(CloseReason.PeerFinished);
    }

    [Fact]
    public void An_end_fires_the_readable_wait()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.WaitReadable(TimeSpan.Zero).Should().BeFalse();

        pair.Peer.Close();

        pair.Connection.WaitReadable(Limits.Hang).Should().BeTrue();
        pair.Connection.TryReceive(new byte[4], out int received).Should().BeTrue();
        received.Should().Be(0);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Data_before_the_end_arrives_before_the_end(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();

        pair.Peer.Socket.Send("last words"u8);
        pair.Peer.Socket.Shutdown(SocketShutdown.Both);

        (await pair.Connection.ReadToEnd(shape).Within()).Should().Equal("last words"u8.ToArray());
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task After_the_peers_half_close_a_mebibyte_still_goes_out(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] data = Payload.Of(1024 * 1024);

        pair.Peer.Socket.Shutdown(SocketShutdown.Send);
        (await pair.Connection.ReceiveBy(shape, new byte[4]).Within()).Should().Be(0);
        Task<PlainPeer.Ending> ending = pair.Peer.ReadToEnd();
        await pair.Connection.SendBy(shape, data).Within();
        pair.Connection.Dispose();

        (await ending.Within()).Should().Be(new PlainPeer.Ending(data.Length, SocketError.Success));
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task After_our_half_close_the_reply_still_comes_in_full(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] reply = Payload.Of(1024 * 1024);

        await pair.Connection.SendAsync("question"u8.ToArray()).Within();
        pair.Connection.ShutdownSend();
        (await pair.Peer.ReadToEnd().Within()).Should().Be(new PlainPeer.Ending(8, SocketError.Success));
        Task<byte[]> received = pair.Connection.ReadToEnd(shape);
        await Limits.OnThread(() =>
        {
            pair.Peer.Socket.Send(reply);
            pair.Peer.Close();
        }).Within();

        (await received.Within()).AsSpan().SequenceEqual(reply).Should().BeTrue();
    }

    [Fact]
    public async Task Sending_after_our_half_close_fails_as_shut_down()
    {
        using PlainPairUnderTest pair = ConnectPlain();

        pair.Connection.ShutdownSend();

        Expect.Socket(Record.Exception(() => { pair.Connection.Send("x"u8); }), SocketError.Shutdown).IsDisconnect().Should().BeFalse();
        Expect.Socket(Record.Exception(() => pair.Connection.TrySend("x"u8, out _)), SocketError.Shutdown);
        await Expect.Socket(pair.Connection.SendAsync("x"u8.ToArray()).AsTask(), SocketError.Shutdown);
    }

    [Fact]
    public void Half_closing_twice_is_harmless_and_after_dispose_it_says_so()
    {
        using PlainPairUnderTest pair = ConnectPlain();

        pair.Connection.ShutdownSend();
        pair.Connection.ShutdownSend();
        pair.Connection.Dispose();

        Expect.Disposed(Record.Exception(pair.Connection.ShutdownSend));
    }

    [Fact]
    public void Half_closing_after_a_reset_is_harmless()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Peer.Reset();
        Expect.Socket(Record.Exception(() => pair.Connection.Receive(new byte[1])), SocketError.ConnectionReset);

        Record.Exception(pair.Connection.ShutdownSend).Should().BeNull();
    }
}

public sealed class EndOfStreamTests_Portable : EndOfStreamTests<PortableUnderTest>;

public sealed class EndOfStreamTests_Epoll : EndOfStreamTests<EpollUnderTest>;
