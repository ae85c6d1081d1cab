using System.Buffers;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class GatherAndFileTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Chunk = 64 * 1024;

    [Theory]
    [InlineData(2400, 1)]
    [InlineData(5000, 3)]
    [InlineData(100_000, 100_000)]
    [InlineData(Payload.MoreThanKernelTakes, 70_001)]
    public async Task All_segments_go_out_in_order(int length, int segment)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] data = Payload.Of(length);
        Task send = pair.Connection.SendAsync(Segments.Cut(data, segment)).AsTask();

        byte[] received = await Limits.OnThread(() => pair.Peer.Read(length)).Within();
        await send.Within();

        received.AsSpan().SequenceEqual(data).Should().BeTrue();
        pair.Peer.Socket.Available.Should().Be(0);
    }

    [Fact]
    public async Task Empty_segments_and_memory_that_is_no_array_are_no_trouble()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Memory<byte> hidden = new HiddenArray("hidden"u8.ToArray()).Memory;
        ReadOnlySequence<byte> data = Segments.Of(
            Array.Empty<byte>(), "a"u8.ToArray(), Array.Empty<byte>(), hidden, "b"u8.ToArray(), "c"u8.ToArray(), hidden,
            Array.Empty<byte>());

        await pair.Connection.SendAsync(data).Within();
        await pair.Connection.SendAsync(Segments.Of(Array.Empty<byte>(), Array.Empty<byte>())).Within();

        pair.Peer.Read(15).Should().Equal("ahiddenbchidden"u8.ToArray());
        pair.Peer.Socket.Available.Should().Be(0);
    }

    [Theory]
    [InlineData(0L, null, 200_000L)]
    [InlineData(100L, null, 199_900L)]
    [InlineData(0L, 150_000L, 150_000L)]
    [InlineData(0L, 10L, 10L)]
    [InlineData(70_000L, 70_000L, 70_000L)]
    [InlineData(199_990L, 100L, 10L)]
    [InlineData(200_000L, null, 0L)]
    [InlineData(300_000L, null, 0L)]
    [InlineData(0L, 0L, 0L)]
    public async Task A_file_goes_out_from_the_offset_and_as_far_as_asked_for(long offset, long? count, long expected)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] content = Payload.Of(200_000);
        using TemporaryFile file = new(content);
        Task<byte[]> received = Limits.OnThread(() => pair.Peer.Read((int)expected));

        long sent = await pair.Connection.SendFileAsync(file.Handle, offset, count).Within();

        sent.Should().Be(expected);
        (await received.Within()).AsSpan().SequenceEqual(content.AsSpan((int)Math.Min(offset, content.Length), (int)expected))
            .Should().BeTrue();
        pair.Peer.Socket.Available.Should().Be(0);
    }

    [Fact]
    public async Task An_empty_file_sends_nothing()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using TemporaryFile file = new([]);

        (await pair.Connection.SendFileAsync(file.Handle).Within()).Should().Be(0);
    }

    [Fact]
    public async Task A_file_larger_than_the_kernel_takes_is_sent_whole_and_its_position_is_not_touched()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] content = Payload.Of(Payload.MoreThanKernelTakes);
        using TemporaryFile file = new(content);
        using var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Position = 7;

        Task<byte[]> received = Limits.OnThread(() => pair.Peer.Read(content.Length));
        long sent = await pair.Connection.SendFileAsync(stream.SafeFileHandle).Within();

        sent.Should().Be(content.Length);
        stream.Position.Should().Be(7);
        (await received.Within()).AsSpan().SequenceEqual(content).Should().BeTrue();
    }

    [Fact]
    public async Task A_file_send_times_out_with_the_exact_count()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using TemporaryFile file = new(Payload.Of(Payload.MoreThanKernelTakes));
        pair.Connection.SendTimeout = TimeSpan.FromMilliseconds(300);

        SocketTimeoutException timeout = (await Expect.Failure(pair.Connection.SendFileAsync(file.Handle).AsTask()))
            .Should().BeOfType<SocketTimeoutException>().Subject;

        timeout.Operation.Should().Be("send file");
        timeout.BytesTransferred.Should().BePositive().And.BeLessThan(Payload.MoreThanKernelTakes);
        pair.Connection.ShutdownSend();
        (await pair.Peer.ReadToEnd().Within()).Should().Be(new PlainPeer.Ending(timeout.BytesTransferred, SocketError.Success));
    }

    [Fact]
    public async Task A_file_send_waits_its_turn_and_a_message_waits_for_it()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        byte[] large = Payload.Of(Payload.MoreThanKernelTakes);
        using TemporaryFile file = new(Payload.Of(Chunk * 3));
        Task first = pair.Connection.SendAsync(large).AsTask();
        Task<long> second = pair.Connection.SendFileAsync(file.Handle).AsTask();
        Task third = pair.Connection.SendAsync("end"u8.ToArray()).AsTask();

        byte[] all = await Limits.OnThread(() => pair.Peer.Read(large.Length + (Chunk * 3) + 3)).Within();
        await Task.WhenAll(first, second, third).Within();

        all.AsSpan(0, large.Length).SequenceEqual(large).Should().BeTrue();
        all.AsSpan(large.Length, Chunk * 3).SequenceEqual(Payload.Of(Chunk * 3)).Should().BeTrue();
        all[^3..].Should().Equal("end"u8.ToArray());
    }

    [Fact]
    public async Task Cancelling_a_file_send_that_has_begun_aborts_the_connection()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using TemporaryFile file = new(Payload.Of(Payload.MoreThanKernelTakes));
        using var source = new CancellationTokenSource();
        Task<long> send = pair.Connection.SendFileAsync(file.Handle, cancellationToken: source.Token).AsTask();
        await TcpFill.UntilFull(pair.Connection);

        source.Cancel();

        await Expect.Canceled(send, source.Token);
        pair.Connection.CloseReason.Should().Be(CloseReason.LocalAbort);
        (await pair.Peer.ReadToEnd().Within()).IsReset.Should().BeTrue();
    }

    [Fact]
    public async Task Bad_file_arguments_are_refused_before_anything_is_sent()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using TemporaryFile file = new(Payload.Of(10));
        using var invalid = new SafeFileHandle();

        (await Record.ExceptionAsync(() => pair.Connection.SendFileAsync(file.Handle, -1).AsTask()))
            .Should().BeOfType<ArgumentOutOfRangeException>();
        (await Record.ExceptionAsync(() => pair.Connection.SendFileAsync(file.Handle, 0, -1).AsTask()))
            .Should().BeOfType<ArgumentOutOfRangeException>();
        (await Record.ExceptionAsync(() => pair.Connection.SendFileAsync(invalid).AsTask())).Should().BeOfType<ArgumentException>();
        pair.Peer.Socket.Available.Should().Be(0);
    }

    private sealed class TemporaryFile : IDisposable
    {
        public TemporaryFile(byte[] content)
        {
            File.WriteAllBytes(Path, content);
            Handle = File.OpenHandle(Path);
        }

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());

        public SafeFileHandle Handle { get; }

        public void Dispose()
        {
            Handle.Dispose();
            File.Delete(Path);
        }
    }

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
}

public sealed class GatherAndFileTests_Portable : GatherAndFileTests<PortableUnderTest>;

public sealed class GatherAndFileTests_Epoll : GatherAndFileTests<EpollUnderTest>;
