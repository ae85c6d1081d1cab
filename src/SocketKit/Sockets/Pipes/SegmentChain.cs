using System.Buffers;

namespace SocketKit.Sockets.Pipes;

/// <summary>Segments that are linked, of which the first may be consumed in part.</summary>
internal struct SegmentChain
{
    private int _offset;

    public PipeSegment? Head { get; private set; }

    public PipeSegment? Tail { get; private set; }

    /// <summary>How many bytes are in use and not consumed.</summary>
    public long Length { get; private set; }

    public readonly bool IsEmpty => Head is null;

    /// <summary>What is left of the first segment.</summary>
    public readonly ReadOnlyMemory<byte> First => Head!.Memory[_offset..];

    public readonly ReadOnlySequence<byte> Sequence => Head is null ? default : new(Head, _offset, Tail!, Tail!.Length);

    /// <summary>The next so many bytes of the last segment are in use.</summary>
    public void Extend(int count)
    {
        Tail!.Extend(count);
        Length += count;
    }

    public void Add(PipeSegment segment)
    {
        if (Tail is null)
        {
            Head = segment;
        }
        else
        {
            Tail.Link(segment);
        }

        Tail = segment;
        Length += segment.Length;
    }

    /// <summary>Adds all segments of another chain, which is then empty.</summary>
    public void Add(ref SegmentChain other)
    {
        if (Head is null)
        {
            this = other;
        }
        else if (other.Head is not null)
        {
            Tail!.Link(other.Head);
            Tail = other.Tail;
            Length += other.Length;
        }

        other = default;
    }

    /// <summary>Consumes so many bytes, and gives back the segments of which nothing is left.</summary>
    public void Consume(long count)
    {
        Length -= count;
        if (Length == 0)
        {
            Clear();
            return;
        }

        PipeSegment first = Head!;
        PipeSegment? last = null;
        count += _offset;
        while (count >= first.Length)
        {
            count -= first.Length;
            last = first;
            first = first.NextSegment!;
        }

        _offset = (int)count;
        if (last is not null)
        {
            PipeSegment consumed = Head!;
            Head = first;
            last.Unlink();
            Return(consumed);
        }
    }

    /// <summary>Keeps the first so many bytes, and gives back the segments of which nothing is left.</summary>
    public void Truncate(long length)
    {
        if (length == 0)
        {
            Clear();
            return;
        }

        PipeSegment last = Head!;
        long end = length + _offset;
        while (end > last.Length)
        {
            end -= last.Length;
            last = last.NextSegment!;
        }

        PipeSegment? dropped = last.NextSegment;
        last.Shorten((int)end);
        last.Unlink();
        Tail = last;
        Length = length;
        Return(dropped);
    }

    /// <summary>Gives back all segments.</summary>
    public void Clear()
    {
        PipeSegment? first = Head;
        this = default;
        Return(first);
    }

    /// <summary>The chain no longer holds them: a block that throws when it is given back must not be given back again.</summary>
    private static void Return(PipeSegment? segment)
    {
        while (segment is not null)
        {
            PipeSegment? next = segment.NextSegment;
            PipeSegments.Return(segment);
            segment = next;
        }
    }
}
