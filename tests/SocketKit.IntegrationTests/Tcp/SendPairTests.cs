using System.Buffers;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>Sends of a header and a body: one message, in one call while the kernel takes it.</summary>
public abstract class SendPairTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(4, 100)]
    [InlineData(0, 100)]
    [InlineData(100, 0)]
    [InlineData(20_000, 20_000)]
    [InlineData(4, Payload.MoreThanKernelTakes)]
    [InlineData(Payload.MoreThanKernelTakes, 4)]
    public async Task A_header_and_a_body_go_out_in_order(int header, int body)
    {
        foreach (CallShape shape in new[] { CallShape.Blocking, CallShape.Async })
        {
            using PlainPairUnderTest pair = ConnectPlain();
            byte[] data = Payload.Of(header + body);
            Task send = SendPair(pair.Connection, shape, data.AsMemory(0, header), data.AsMemory(header));

            byte[] received = await Limits.OnThread(() => pair.Peer.Read(data.Length)).Within();
            await send.Within();

            received.AsSpan().SequenceEqual(data).Should().BeTrue();
            pair.Peer.Socket.Available.Should().Be(0);
            pair.Connection.BytesSent.Should().Be(data.Length);
        }
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_header_and_a_body_arrive_together(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Memory<byte> hidden = new HiddenArray("hidden"u8.ToArray()).Memory;
        for (int i = 0; i < 100; i++)
        {
            await SendPair(pair.Connection, shape, "head"u8.ToArray(), hidden).Within();

            // Two calls would be two segments, because NoDelay is on, and the first receive would mostly get the header alone.
            byte[] buffer = new byte[32];
            pair.Peer.Socket.Receive(buffer).Should().Be(10);
            buffer.AsSpan(0, 10).SequenceEqual("headhidden"u8).Should().BeTrue();
        }
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task Nothing_at_all_sends_nothing(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();

        await SendPair(pair.Connection, shape, default, default).Within();

        pair.Connection.BytesSent.Should().Be(0);
    }

    [Theory]
    [InlineData(CallShape.Blocking, 8)]
    [InlineData(CallShape.Async, 8)]
    [InlineData(CallShape.Blocking, Payload.MoreThanKernelTakes)]
    [InlineData(CallShape.Async, Payload.MoreThanKernelTakes)]
    public async Task A_pair_that_times_out_says_how_many_bytes_of_both_are_gone_and_one_can_go_on(CallShape shape, int header)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] data = Payload.Of(header + Payload.MoreThanKernelTakes);
        pair.Connection.SendTimeout = TimeSpan.FromMilliseconds(300);

        SocketTimeoutException timeout = (await Expect.Failure(
                SendPair(pair.Connection, shape, data.AsMemory(0, header), data.AsMemory(header))))
            .Should().BeOfType<SocketTimeoutException>().Subject;

        timeout.BytesTransferred.Should().BePositive().And.BeLessThan(data.Length);
        timeout.BytesTransferred.Should().Be(pair.Connection.BytesSent);
        pair.Connection.SendTimeout = Timeout.InfiniteTimeSpan;
        Task<byte[]> received = Limits.OnThread(() => pair.Peer.Read(data.Length));
        await pair.Connection.SendAsync(data.AsMemory((int)timeout.BytesTransferred)).Within();
        (await received.Within()).AsSpan().SequenceEqual(data).Should().BeTrue();
    }

    [Fact]
    public async Task Pairs_queue_whole_among_other_sends()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] large = Payload.Of(Payload.MoreThanKernelTakes);
        Task[] sends =
        [
            pair.Connection.SendAsync(large).AsTask(),
            pair.Connection.SendAsync("a"u8.ToArray(), "b"u8.ToArray()).AsTask(),
            pair.Connection.SendAsync("c"u8.ToArray()).AsTask(),
            pair.Connection.SendAsync("d"u8.ToArray(), large).AsTask(),
            Limits.OnThread(() => pair.Connection.TrySend("never"u8, out _).Should().BeFalse()),
        ];

        byte[] received = await Limits.OnThread(() => pair.Peer.Read((2 * large.Length) + 4)).Within();
        await Task.WhenAll(sends).Within();

        received.AsSpan(large.Length, 4).SequenceEqual("abcd"u8).Should().BeTrue();
        received.AsSpan(large.Length + 4).SequenceEqual(large).Should().BeTrue();
    }

    [Fact]
    public void A_pair_in_non_blocking_mode_sends_what_fits()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] large = Payload.Of(Payload.MoreThanKernelTakes);
        pair.Connection.Blocking = false;

        int sent = pair.Connection.Send("head"u8, large);

        sent.Should().BeGreaterThan(4).And.BeLessThan(large.Length);
        Exception? failure;
        do
        {
            // Late acknowledgements make a little more room.
            failure = Record.Exception(() => pair.Connection.Send("head"u8, large));
        }
        while (failure is null);
        Expect.Socket(failure, SocketError.WouldBlock);
        pair.Peer.Read(sent).AsSpan(4).SequenceEqual(large.AsSpan(0, sent - 4)).Should().BeTrue();
    }

    [Fact]
    public async Task A_token_takes_a_queued_pair_back_and_aborts_one_that_has_begun()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using var source = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        byte[] large = Payload.Of(Payload.MoreThanKernelTakes);
        Task begun = pair.Connection.SendAsync("head"u8.ToArray(), large, second.Token).AsTask();
        Task queued = pair.Connection.SendAsync("head"u8.ToArray(), large, source.Token).AsTask();

        source.Cancel();
        await Expect.Canceled(queued, source.Token);
        pair.Connection.CloseReason.Should().Be(CloseReason.None);
        second.Cancel();
        await Expect.Canceled(begun, second.Token);

        pair.Connection.CloseReason.Should().Be(CloseReason.LocalAbort);
    }

    [Fact]
    public void A_pair_too_long_to_count_is_refused()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using var endless = new EndlessMemory();

        Action send = () => _ = pair.Connection.SendAsync(endless.All, endless.All).AsTask();

        send.Should().Throw<ArgumentException>();
        pair.Connection.BytesSent.Should().Be(0);
    }

    private static Task SendPair(
        TcpConnection connection, CallShape shape, ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> body) => shape == CallShape.Async
        ? connection.SendAsync(header, body).AsTask()
        : Limits.OnThread(() => connection.Send(header.Span, body.Span).Should().Be(header.Length + body.Length));

    /// <summary>Memory that does not show the array behind it.</summary>
    private sealed class HiddenArray(byte[] array) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => array;

        public override MemoryHandle Pin(int elementIndex = 0) => array.AsMemory(elementIndex).Pin();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }

    /// <summary>Memory of the greatest length, of which nothing may be read.</summary>
    private sealed class EndlessMemory : MemoryManager<byte>
    {
        public ReadOnlyMemory<byte> All => CreateMemory(int.MaxValue);

        public override Span<byte> GetSpan() => throw new InvalidOperationException("There is nothing behind it.");

        public override MemoryHandle Pin(int elementIndex = 0) => throw new InvalidOperationException("There is nothing behind it.");

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}

public sealed class SendPairTests_Portable : SendPairTests<PortableUnderTest>;

public sealed class SendPairTests_Epoll : SendPairTests<EpollUnderTest>;
