using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class PeerResetTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task A_reset_while_a_receive_waits_ends_it_and_the_next_send_finds_the_connection_dead(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task<int> pending = pair.Connection.ReceiveBy(shape, new byte[4]);

        pair.Peer.Reset();

        await Expect.Socket(pending, SocketError.ConnectionReset);
        await Expect.Disconnected(pair.Connection.SendBy(shape, new byte[1]));
        pair.Connection.CloseReason.Should().Be(CloseReason.PeerReset);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task A_reset_while_idle_is_reported_by_the_next_receive(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Peer.Reset();
        pair.Connection.WaitReadable(Limits.Hang).Should().BeTrue();

        await Expect.Socket(pair.Connection.ReceiveBy(shape, new byte[4]), SocketError.ConnectionReset);

        pair.Connection.CloseReason.Should().Be(CloseReason.PeerReset);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task A_reset_in_mid_send_fails_the_send(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task send = pair.Connection.SendBy(shape, Payload.Of(Payload.MoreThanKernelTakes));

        pair.Peer.Read(1024 * 1024);
        pair.Peer.Reset();

        Exception? failure = await Expect.Failure(send);
        Expect.Disconnected(failure);
        ((SocketException)failure!).SocketErrorCode.Should().NotBe(SocketError.TimedOut);
        pair.Connection.CloseReason.Should().Be(CloseReason.PeerReset);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task A_peer_that_closes_with_unread_data_resets(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        await pair.Connection.SendAsync(new byte[100]).Within();
        await Until(() => pair.Peer.Socket.Available == 100);

        pair.Peer.Close();

        await Expect.Socket(pair.Connection.ReceiveBy(shape, new byte[4]), SocketError.ConnectionReset);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Writing_to_a_peer_that_is_gone_fails_by_the_second_send_and_does_no_other_harm(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Peer.Close();
        (await pair.Connection.ReceiveBy(shape, new byte[1]).Within()).Should().Be(0);

        // The first one provokes the reset.
        await pair.Connection.SendBy(shape, new byte[1]).Within();
        pair.Connection.WaitReadable(Limits.Hang).Should().BeTrue();
        await Until(() => pair.Connection.Socket.Poll(0, SelectMode.SelectError));

        await Expect.Disconnected(pair.Connection.SendBy(shape, new byte[1]));
        pair.Connection.CloseReason.Should().Be(CloseReason.PeerReset, "the finish became a reset");
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task A_connection_reset_in_the_backlog_does_not_keep_the_next_one_from_being_accepted(CallShape shape)
    {
        using TcpServer server = Listen();
        PlainPeer.ConnectTo(server.LocalEndPoint).Reset();
        using PlainPeer second = PlainPeer.ConnectTo(server.LocalEndPoint);

        using TcpConnection first = await server.AcceptBy(shape).Within();
        bool isReset = !first.RemoteEndPoint.Equals(second.Socket.LocalEndPoint);
        using TcpConnection accepted = isReset ? await server.AcceptBy(shape).Within() : first;

        accepted.RemoteEndPoint.Should().Be(second.Socket.LocalEndPoint);
        if (isReset)
        {
            await Expect.Socket(first.ReceiveBy(shape, new byte[1]), SocketError.ConnectionReset);
        }

        second.Socket.Send("x"u8);
        (await accepted.ReceiveBy(shape, new byte[1]).Within()).Should().Be(1);
    }

    [Fact]
    public void A_reset_is_a_disconnect_and_not_a_timeout()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Peer.Reset();

        Exception reset = Record.Exception(() => pair.Connection.Receive(new byte[1]));

        reset.IsDisconnect().Should().BeTrue();
        reset.IsTimeout().Should().BeFalse();
        new IOException("wrapped", reset).IsDisconnect().Should().BeTrue();
        reset.Message.Should().StartWith("receive on ")
            .And.Contain(pair.Connection.LocalEndPoint.ToString()).And.Contain(pair.Connection.RemoteEndPoint.ToString());
    }

    [Fact]
    public void An_urgent_byte_does_not_disturb_the_order_of_the_stream()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] buffer = new byte[6];

        pair.Peer.Socket.Send("abc"u8);
        pair.Peer.Socket.Send("!"u8, SocketFlags.OutOfBand);
        pair.Peer.Socket.Send("def"u8);

        pair.Connection.ReceiveExactly(buffer);
        buffer.Should().Equal("abcdef"u8.ToArray());
    }
}

public sealed class PeerResetTests_Portable : PeerResetTests<PortableUnderTest>;

public sealed class PeerResetTests_Epoll : PeerResetTests<EpollUnderTest>;
