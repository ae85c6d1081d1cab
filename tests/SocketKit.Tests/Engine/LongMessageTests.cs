using System.Buffers;
using SocketKit.Engine;
using SocketKit.Telemetry;

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

    private sealed class CountedConnection(StreamChannel channel) : StreamConnection(channel, null, Transport.Tcp);
}
