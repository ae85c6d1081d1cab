using System.Buffers;

namespace SocketKit.Sockets.Pipes;

/// <summary>
/// What was received and not consumed yet, and the memory that is lent to the next receive. Segments start small, double while receives
/// fill them, and shrink again.
/// </summary>
internal struct ReceivedBytes
{
    /// <summary>Less room than this at the end of a segment is not worth a system call.</summary>
    private const int LeastRoom = 1024;

    private SegmentChain _chain;
    private PipeSegment? _lent;
    private int _size = PipeSegments.SmallestBlock;
    private bool _wasSmall;

    public ReceivedBytes()
    {
    }

    /// <summary>How many bytes were not consumed yet.</summary>
    public readonly long Length => _chain.Length;

    public readonly bool IsEmpty => _chain.IsEmpty;

    /// <summary>The place behind the last byte, in the numbers of the segments.</summary>
    public readonly long End => _chain.Tail?.EndIndex ?? 0;

    /// <summary>The place of the first byte.</summary>
    public readonly long Start => End - _chain.Length;

    public readonly ReadOnlySequence<byte> Sequence => _chain.Sequence;

    /// <summary>Memory for one receive: what is left of the last segment, or a new one.</summary>
    /// <param name="user">The reader.</param>
    /// <param name="pool">The application's pool; null if it has none.</param>
    /// <param name="wanted">The size of a new one in bytes, if receives suggest less; bounded by the largest block.</param>
    public Memory<byte> Lend(object user, MemoryPool<byte>? pool = null, long wanted = 0)
    {
        _lent ??= _chain.Tail is { } tail && tail.Free.Length >= Math.Min(LeastRoom, tail.Capacity)
            ? tail
            : PipeSegments.Rent(user, pool, (int)Math.Clamp(wanted, _size, PipeSegments.LargestBlock), least: 1);
        return _lent.Free;
    }

    /// <summary>The memory was lent, and nothing came into it.</summary>
    public void TakeBack()
    {
        PipeSegment? lent = _lent;
        _lent = null;
        if (lent is not null && lent != _chain.Tail)
        {
            PipeSegments.Return(lent);
        }
    }

    /// <summary>So many bytes came into the memory that was lent.</summary>
    /// <returns>Whether they have filled it.</returns>
    public bool Commit(int count)
    {
        PipeSegment lent = _lent!;
        bool isFull = count == lent.Free.Length;
        _lent = null;
        if (lent == _chain.Tail)
        {
            _chain.Extend(count);
        }
        else
        {
            lent.Extend(count);
            _chain.Add(lent);
        }

        Resize(count, isFull);
        return isFull;
    }

    public void Consume(long count) => _chain.Consume(count);

    /// <summary>Consumes everything.</summary>
    public void Clear() => _chain.Clear();

    /// <summary>Segments double while receives fill them, and halve when two in a row took less than a quarter.</summary>
    private void Resize(int count, bool isFull)
    {
        bool isSmall = count <= _size / 4;
        if (isFull && !isSmall)
        {
            _size = Math.Min(_size * 2, PipeSegments.LargestBlock);
        }
        else if (isSmall && _wasSmall)
        {
            _size = Math.Max(_size / 2, PipeSegments.SmallestBlock);
            isSmall = false;
        }

        _wasSmall = isSmall;
    }
}
