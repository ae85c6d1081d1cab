using System.Diagnostics;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class ReceiveExactlyTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task It_puts_a_message_that_comes_in_crumbs_together(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] data = Payload.Of(300);
        byte[] buffer = new byte[300];
        Task receive = Exactly(pair.Connection, shape, buffer);

        foreach (byte value in data)
        {
            pair.Peer.Socket.Send([value]);
        }

        await receive.Within();
        buffer.Should().Equal(data);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task It_takes_no_more_than_asked_for(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] buffer = new byte[3];

        pair.Peer.Socket.Send("abcdef"u8);

        await Exactly(pair.Connection, shape, buffer).Within();
        await Exactly(pair.Connection, shape, buffer).Within();
        buffer.Should().Equal("def"u8.ToArray());
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task An_empty_buffer_is_full_at_once(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();

        await Exactly(pair.Connection, shape, Memory<byte>.Empty).Within();
    }

    [Theory]
    [InlineData(CallShape.Blocking, 0)]
    [InlineData(CallShape.Blocking, 5)]
    [InlineData(CallShape.Async, 0)]
    [InlineData(CallShape.Async, 5)]
    public async Task An_end_inside_leaves_the_bytes_so_far_in_the_buffer(CallShape shape, int count)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] buffer = new byte[10];
        Task receive = Exactly(pair.Connection, shape, buffer);

        pair.Peer.Socket.Send(Payload.Of(10).AsSpan(0, count));
        pair.Peer.Close();

        (await Expect.Failure(receive)).Should().BeOfType<EndOfStreamException>().Which.Message.Should().Contain($"after {count} bytes");
        buffer.AsSpan(0, count).ToArray().Should().Equal(Payload.Of(10).AsSpan(0, count).ToArray());
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_deadline_inside_says_how_many_bytes_are_in_the_buffer_and_one_can_go_on(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] buffer = new byte[10];
        pair.Connection.ReceiveTimeout = Moment;
        pair.Peer.Socket.Send("abcd"u8);

        await Expect.Timeout(Exactly(pair.Connection, shape, buffer), bytes: 4);
        pair.Peer.Socket.Send("efghij"u8);
        await Exactly(pair.Connection, shape, buffer.AsMemory(4)).Within();

        buffer.Should().Equal("abcdefghij"u8.ToArray());
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_drip_of_single_bytes_does_not_put_the_deadline_off(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.ReceiveTimeout = TimeSpan.FromMilliseconds(400);
        using var stop = new CancellationTokenSource();
        Task drip = Limits.OnThread(() =>
        {
            while (!stop.Token.WaitHandle.WaitOne(20))
            {
                pair.Peer.Socket.Send("."u8);
            }
        });
        var clock = Stopwatch.StartNew();

        // One byte in 20 ms: ten thousand of them would take minutes.
        Exception? failure = await Expect.Failure(Exactly(pair.Connection, shape, new byte[10_000]));
        stop.Cancel();
        await drip.Within();

        failure.Should().BeOfType<SocketTimeoutException>().Which.BytesTransferred.Should().BeInRange(0, 5_000);
        clock.Elapsed.Should().BeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(400));
    }

    [Fact]
    public async Task A_reset_inside_is_a_reset()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task receive = Exactly(pair.Connection, CallShape.Async, new byte[10]);
        pair.Peer.Socket.Send("half"u8);
        await Until(() => pair.Connection.Available == 0);

        pair.Peer.Reset();

        await Expect.Socket(receive, SocketError.ConnectionReset);
    }

    [Fact]
    public async Task A_token_ends_it_with_a_prefix_consumed()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using var source = new CancellationTokenSource();
        byte[] buffer = new byte[10];
        Task receive = pair.Connection.ReceiveExactlyAsync(buffer, source.Token).AsTask();
        pair.Peer.Socket.Send("abc"u8);
        await Until(() => buffer[2] != 0);

        source.Cancel();

        await Expect.Canceled(receive, source.Token);
        pair.Connection.TryReceive(buffer, out _).Should().BeFalse("the prefix was taken");
    }

    [Fact]
    public void A_non_blocking_one_would_block_and_what_is_there_decides()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.Blocking = false;
        pair.Peer.Socket.Send("abcd"u8);
        pair.Connection.WaitReadable(Limits.Hang).Should().BeTrue();

        pair.Connection.ReceiveExactly(new byte[4]);

        Expect.Socket(Record.Exception(() => pair.Connection.ReceiveExactly(new byte[1])), SocketError.WouldBlock);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task The_trying_form_is_true_for_each_message_and_false_at_a_clean_end(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] buffer = new byte[4];
        Task<bool> first = TryExactly(pair.Connection, shape, buffer);
        pair.Peer.Socket.Send("ab"u8);
        pair.Peer.Socket.Send("cd"u8);
        (await first.Within()).Should().BeTrue();
        buffer.Should().Equal("abcd"u8.ToArray());

        Task<bool> last = TryExactly(pair.Connection, shape, buffer);
        pair.Peer.Close();

        (await last.Within()).Should().BeFalse();
        (await TryExactly(pair.Connection, shape, buffer).Within()).Should().BeFalse("the end stays");
        (await TryExactly(pair.Connection, shape, Memory<byte>.Empty).Within()).Should().BeTrue("an empty buffer is full at once");
        pair.Connection.CloseReason.Should().Be(CloseReason.PeerFinished);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task The_trying_form_throws_for_an_end_inside_and_for_a_reset(CallShape shape)
    {
        using (PlainPairUnderTest pair = ConnectPlain())
        {
            byte[] buffer = new byte[10];
            Task receive = TryExactly(pair.Connection, shape, buffer);
            pair.Peer.Socket.Send("abc"u8);
            pair.Peer.Close();

            (await Expect.Failure(receive)).Should().BeOfType<EndOfStreamException>().Which.Message.Should().Contain("after 3 bytes");
            buffer.AsSpan(0, 3).SequenceEqual("abc"u8).Should().BeTrue();
        }

        using PlainPairUnderTest other = ConnectPlain();
        Task reset = TryExactly(other.Connection, shape, new byte[10]);
        other.Peer.Reset();
        await Expect.Socket(reset, SocketError.ConnectionReset);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task The_trying_form_has_the_same_deadline(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] buffer = new byte[4];
        pair.Connection.ReceiveTimeout = Moment;
        await Expect.Timeout(TryExactly(pair.Connection, shape, buffer));
        pair.Peer.Socket.Send("ab"u8);

        await Expect.Timeout(TryExactly(pair.Connection, shape, buffer), bytes: 2);
        pair.Peer.Socket.Send("cd"u8);

        (await TryExactly(pair.Connection, shape, buffer.AsMemory(2)).Within()).Should().BeTrue();
        buffer.Should().Equal("abcd"u8.ToArray());
    }

    private static Task<bool> TryExactly(TcpConnection connection, CallShape shape, Memory<byte> buffer) => shape == CallShape.Async
        ? connection.TryReceiveExactlyAsync(buffer).AsTask()
        : Limits.OnThread(() => connection.TryReceiveExactly(buffer.Span));

    private static Task Exactly(TcpConnection connection, CallShape shape, Memory<byte> buffer) => shape == CallShape.Async
        ? connection.ReceiveExactlyAsync(buffer).AsTask()
        : Limits.OnThread(() => connection.ReceiveExactly(buffer.Span));
}

public sealed class ReceiveExactlyTests_Portable : ReceiveExactlyTests<PortableUnderTest>;

public sealed class ReceiveExactlyTests_Epoll : ReceiveExactlyTests<EpollUnderTest>;
