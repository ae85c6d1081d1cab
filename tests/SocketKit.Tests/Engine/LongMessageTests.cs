using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Tests.Engine;

/// <summary>Messages longer than an int counts, on a channel that only counts and is full at some byte.</summary>
public sealed class LongMessageTests
{
    private const int Block = 64 * 1024 * 1024;
    private const long Room = (2600L << 20) + 1;

    [Fact]
    public async Task A_deadline_tells_how_far_a_sequence_of_more_than_2_GiB_came()
    {
        using var connection = new CountedConnection(new CountingStream(Room));
        connection.SendTimeout = TimeSpan.FromMinutes(1);

        Func<Task> send = async () => await connection.SendAsync(Sequence(blocks: 50));

        (await send.Should().ThrowAsync<SocketTimeoutException>()).Which.BytesTransferred.Should().Be(Room);
        connection.BytesSent.Should().Be(Room);
    }

    [Fact]
    public async Task A_whole_sequence_of_more_than_2_GiB_goes_and_the_next_message_has_its_turn()
    {
        using var connection = new CountedConnection(new CountingStream(long.MaxValue));

        await connection.SendAsync(Sequence(blocks: 50));
        await connection.SendAsync("next"u8.ToArray());

        connection.BytesSent.Should().Be((50L * Block) + 4);
    }

    private static ReadOnlySequence<byte> Sequence(int blocks)
    {
        byte[] block = new byte[Block];
        var first = new Segment(block, null);
        Segment last = first;
        for (int i = 1; i < blocks; i++)
        {
            last = new Segment(block, last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, Block);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] block, Segment? before)
        {
            Memory = block;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + block.Length;
                before.Next = this;
            }
        }
    }

    private sealed class CountedConnection(StreamChannel channel) : StreamConnection(channel, null);

    /// <summary>
    /// Takes so many bytes, at most an int's worth per call as the kernel does; then every wait for room ends by the deadline.
    /// </summary>
    private sealed class CountingStream(long room) : QueuedStream
    {
        /// <summary>MAX_RW_COUNT of the kernel: an int rounded down to a page.</summary>
        private const long MostPerCall = 0x7FFFF000;

        private long _room = room;

        public override SocketEngine Engine => SocketEngine.Portable;

        public override Dispatch Dispatch { get; set; }

        public override Socket Socket => throw new NotSupportedException();

        public override EndPoint? LocalEndPoint => null;

        public override EndPoint? RemoteEndPoint => null;

        public override bool IsReceiving => false;

        public override CancellationToken Closed => Signal.Token;

        protected override bool CanWaitInKernel => false;

        public override bool TryEnter() => true;

        public override void Leave()
        {
            // There is no descriptor.
        }

        public override bool WaitReadable(TimeSpan timeout) => throw new NotSupportedException();

        public override bool WaitWritable(TimeSpan timeout) => throw new NotSupportedException();

        public override IoTask WaitReadableAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public override SafeSocketHandle DuplicateHandle() => throw new NotSupportedException();

        public override void CancelServed(ServiceSignal signal) => throw new NotSupportedException();

        protected override int SendOnce(ReadOnlySpan<byte> data, bool wait, out SocketError error) => Take(data.Length, out error);

        protected override int SendGatheredOnce(List<ArraySegment<byte>> segments, out SocketError error) =>
            Take(segments.Sum(static segment => (long)segment.Count), out error);

        protected override IoTask WaitToSendAsync(
            ReadOnlyMemory<byte> data,
            int sent,
            long before,
            bool isWholeMessage,
            Deadline deadline,
            CancellationToken cancellationToken) =>
            new(IoResult.Ended(ChannelStatus.DeadlinePassed, sent));

        protected override bool AwaitReadable(Deadline deadline) => throw new NotSupportedException();

        protected override bool AwaitWritable(Deadline deadline) => throw new NotSupportedException();

        protected override bool IsWritableNow() => true;

        protected override bool IsToReset() => false;

        protected override void CloseTransport(bool withReset)
        {
            // There is none.
        }

        protected override void EndPending()
        {
            // Nothing ever waits.
        }

        protected override void StopWaitingInKernel()
        {
            // Nothing ever waits.
        }

        protected override SocketError ShutdownSendOnce() => SocketError.Success;

        protected override bool TryEnterReceive(out IoResult refusal) => throw new NotSupportedException();

        protected override void ExitReceive() => throw new NotSupportedException();

        protected override IoTask ReceiveEnteredAsync(
            Memory<byte> buffer, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        protected override int ReceiveOnce(Span<byte> buffer, bool wait, bool peek, out SocketError error) =>
            throw new NotSupportedException();

        protected override void WatchAgain() => throw new NotSupportedException();

        public override IoResult SendHandles(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, TimeSpan timeout) =>
            throw new NotSupportedException();

        public override IoResult ReceiveHandles(Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles, TimeSpan timeout) =>
            throw new NotSupportedException();

        private int Take(long count, out SocketError error)
        {
            int taken = (int)Math.Min(Math.Min(count, _room), MostPerCall);
            _room -= taken;
            error = taken == 0 ? SocketError.WouldBlock : SocketError.Success;
            return taken == 0 ? -1 : taken;
        }
    }
}
