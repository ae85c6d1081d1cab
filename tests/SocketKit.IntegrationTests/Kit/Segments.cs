using System.Buffers;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>Sequences of many segments.</summary>
public static class Segments
{
    public static ReadOnlySequence<byte> Of(params ReadOnlyMemory<byte>[] parts)
    {
        var first = new Segment(parts[0], 0);
        Segment last = first;
        foreach (ReadOnlyMemory<byte> part in parts.AsSpan(1))
        {
            last = last.Append(part);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>The bytes cut into pieces of one length.</summary>
    public static ReadOnlySequence<byte> Cut(ReadOnlyMemory<byte> data, int length) =>
        Of([.. Enumerable.Range(0, (data.Length + length - 1) / length).Select(
            i => data.Slice(i * length, Math.Min(length, data.Length - (i * length))))]);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long start)
        {
            Memory = memory;
            RunningIndex = start;
        }

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
