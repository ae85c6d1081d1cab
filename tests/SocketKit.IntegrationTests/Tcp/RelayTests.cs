using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>Two connections whose bytes are forwarded to each other, with a plain socket at the far end of each.</summary>
public abstract class RelayTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task Both_directions_flow_and_the_counts_are_those_of_the_bytes()
    {
        using PlainPairUnderTest a = ConnectPlain();
        using PlainPairUnderTest b = ConnectPlain();
        byte[] fromA = Payload.Of(Payload.MoreThanKernelTakes);
        byte[] fromB = Payload.Of(3_000_000);
        Task<(long FromA, long FromB)> relay = StreamConnection.RelayAsync(a.Connection, b.Connection);

        Task sendA = Limits.OnThread(() => SendAndFinish(a.Peer, fromA));
        Task sendB = Limits.OnThread(() => SendAndFinish(b.Peer, fromB));
        Task<byte[]> atA = Limits.OnThread(() => a.Peer.Read(fromB.Length));
        Task<byte[]> atB = Limits.OnThread(() => b.Peer.Read(fromA.Length));

        (await relay.Within()).Should().Be((fromA.Length, fromB.Length));
        await Task.WhenAll(sendA, sendB).Within();
        (await atA.Within()).AsSpan().SequenceEqual(fromB).Should().BeTrue();
        (await atB.Within()).AsSpan().SequenceEqual(fromA).Should().BeTrue();
        (await a.Peer.ReadToEnd().Within()).IsFinish.Should().BeTrue();
        (await b.Peer.ReadToEnd().Within()).IsFinish.Should().BeTrue();
        a.Connection.CloseReason.Should().Be(CloseReason.PeerFinished, "neither connection is disposed");
        b.Connection.CloseReason.Should().Be(CloseReason.PeerFinished, "neither connection is disposed");
    }

    [Fact]
    public async Task A_half_close_is_passed_on_and_the_other_direction_goes_on()
    {
        using PlainPairUnderTest a = ConnectPlain();
        using PlainPairUnderTest b = ConnectPlain();
        Task<(long FromA, long FromB)> relay = StreamConnection.RelayAsync(a.Connection, b.Connection);

        SendAndFinish(a.Peer, "question"u8);
        (await b.Peer.ReadToEnd().Within()).Should().Be(new PlainPeer.Ending(8, SocketError.Success));
        relay.IsCompleted.Should().BeFalse();
        SendAndFinish(b.Peer, "the answer"u8);

        (await a.Peer.ReadToEnd().Within()).Should().Be(new PlainPeer.Ending(10, SocketError.Success));
        (await relay.Within()).Should().Be((8, 10));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_on_one_side_aborts_the_other_and_is_thrown(bool first)
    {
        using PlainPairUnderTest a = ConnectPlain();
        using PlainPairUnderTest b = ConnectPlain();
        Task relay = StreamConnection.RelayAsync(a.Connection, b.Connection);
        (PlainPairUnderTest reset, PlainPairUnderTest other) = first ? (a, b) : (b, a);
        reset.Peer.Socket.Send("x"u8);
        other.Peer.Read(1);

        reset.Peer.Reset();

        (await Expect.Socket(relay, SocketError.ConnectionReset)).IsDisconnect().Should().BeTrue();
        (await other.Peer.ReadToEnd().Within()).IsReset.Should().BeTrue();
        other.Connection.CloseReason.Should().Be(CloseReason.LocalAbort);
        reset.Connection.CloseReason.Should().Be(CloseReason.PeerReset);
    }

    [Fact]
    public async Task A_reset_that_a_send_meets_aborts_the_sender_too()
    {
        using PlainPairUnderTest a = ConnectPlain();
        using PlainPairUnderTest b = ConnectPlain();
        SendAndFinish(b.Peer, "x"u8);
        Task relay = StreamConnection.RelayAsync(a.Connection, b.Connection);
        (await a.Peer.ReadToEnd().Within()).IsFinish.Should().BeTrue();
        b.Peer.Close();

        // The first bytes are answered with a reset, which the next send meets.
        Task<Exception?> failure = Expect.Failure(relay);
        await Limits.OnThread(() =>
        {
            while (!failure.IsCompleted)
            {
                a.Peer.Socket.Send("y"u8, SocketFlags.None, out SocketError error);
                Thread.Yield();
            }
        }).Within();

        Expect.Disconnected(await failure);
        a.Connection.CloseReason.Should().Be(CloseReason.LocalAbort);
    }

    [Fact]
    public async Task A_token_ends_it_and_both_connections_stay()
    {
        using PlainPairUnderTest a = ConnectPlain();
        using PlainPairUnderTest b = ConnectPlain();
        using var source = new CancellationTokenSource();
        Task relay = StreamConnection.RelayAsync(a.Connection, b.Connection, source.Token);
        a.Peer.Socket.Send("x"u8);
        b.Peer.Read(1);

        source.Cancel();

        await Expect.Canceled(relay, source.Token);
        await Expect.Canceled(StreamConnection.RelayAsync(a.Connection, b.Connection, source.Token), source.Token);
        a.Peer.Socket.Send("later"u8);
        byte[] buffer = new byte[5];
        await a.Connection.ReceiveExactlyAsync(buffer).Within();
        await b.Connection.SendAsync(buffer).Within();
        b.Peer.Read(5).Should().Equal("later"u8.ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_time_out_of_either_ends_it_and_both_connections_stay(bool first)
    {
        using PlainPairUnderTest a = ConnectPlain();
        using PlainPairUnderTest b = ConnectPlain();
        (first ? a : b).Connection.ReceiveTimeout = Moment;

        await Expect.Timeout(StreamConnection.RelayAsync(a.Connection, b.Connection));

        a.Connection.CloseReason.Should().Be(CloseReason.None);
        b.Connection.CloseReason.Should().Be(CloseReason.None);
        a.Peer.Socket.Send("later"u8);
        await a.Connection.ReceiveExactlyAsync(new byte[5], Limits.Hang).Within();
    }

    [Fact]
    public async Task Disposing_one_connection_ends_it_as_disposed_and_the_other_stays()
    {
        using PlainPairUnderTest a = ConnectPlain();
        using PlainPairUnderTest b = ConnectPlain();
        Task relay = StreamConnection.RelayAsync(a.Connection, b.Connection);

        a.Connection.Dispose();

        await Expect.Disposed(relay);
        b.Connection.CloseReason.Should().Be(CloseReason.None);
        await b.Connection.SendAsync("bye"u8.ToArray()).Within();
        b.Peer.Read(3).Should().Equal("bye"u8.ToArray());
    }

    [Fact]
    public async Task A_receive_beside_it_is_refused_and_does_not_end_it()
    {
        using PlainPairUnderTest a = ConnectPlain();
        using PlainPairUnderTest b = ConnectPlain();
        Task relay = StreamConnection.RelayAsync(a.Connection, b.Connection);
        a.Peer.Socket.Send("x"u8);
        b.Peer.Read(1);
        await Until(() => a.Connection.Channel.IsReceiving);

        Record.Exception(() => a.Connection.Receive(new byte[1])).Should().BeOfType<InvalidOperationException>();

        a.Peer.Socket.Send("y"u8);
        b.Peer.Read(1).Should().Equal((byte)'y');
        relay.IsCompleted.Should().BeFalse();
    }

    [Fact]
    public void Nothing_is_forwarded_to_nobody()
    {
        using PlainPairUnderTest pair = ConnectPlain();

        Action from = () => _ = StreamConnection.RelayAsync(null!, pair.Connection);
        Action to = () => _ = StreamConnection.RelayAsync(pair.Connection, null!);

        from.Should().Throw<ArgumentNullException>();
        to.Should().Throw<ArgumentNullException>();
    }

    [Fact]
    public void Items_are_made_once_and_stay()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        IDictionary<object, object?> items = pair.Connection.Items;
        items["name"] = "Ann";

        pair.Connection.Dispose();

        pair.Connection.Items.Should().BeSameAs(items).And.ContainKey("name").WhoseValue.Should().Be("Ann");
    }

    private static void SendAndFinish(PlainPeer peer, ReadOnlySpan<byte> data)
    {
        peer.Socket.Send(data);
        peer.Socket.Shutdown(SocketShutdown.Send);
    }

    private static void SendAndFinish(PlainPeer peer, byte[] data) => SendAndFinish(peer, data.AsSpan());
}

public sealed class RelayTests_Portable : RelayTests<PortableUnderTest>;

public sealed class RelayTests_Epoll : RelayTests<EpollUnderTest>;
