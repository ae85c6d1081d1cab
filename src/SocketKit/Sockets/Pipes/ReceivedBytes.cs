using System.Buffers;

namespace SocketKit.Sockets.Pipes;

/// <summary>
/// What was received and not consumed yet, and the memory that is lent to the next receive. Segments start small, double while receives
/// fill them, and shrink again.
/// </summary>
/// <param name="user">The reader.</param>
/// <param name="pool">The application's pool; null if it has none.</param>
internal struct ReceivedBytes(object user, MemoryPool<byte>? pool)
{
    /// <summary>Less room than this at the end of a segment is not worth a system call.</summary>
    private const int LeastRoom = 1024;

    private PipeSegments _segments = new(user, pool);
    private SegmentChain _chain;
    private PipeSegment? _lent;
    private int _size = PipeSegments.SmallestBlock;
    private bool _wasSmall;

    /// <summary>How many bytes were received in all.</summary>
    public long Received { get; private set; }

    /// <summary>How many bytes were not consumed yet.</summary>
    public readonly long Length => _chain.Length;

    public readonly bool IsEmpty => _chain.IsEmpty;

    public readonly long Consumed => Received - _chain.Length;

    public readonly ReadOnlySequence<byte> Sequence => _chain.Sequence;

    /// <summary>Memory for one receive: what is left of the last segment, or a new one.</summary>
    /// <param name="wanted">The size of a new one in bytes, if receives suggest less; bounded by the largest block.</param>
    public Memory<byte> Lend(long wanted = 0)
    {
        _lent ??= _chain.Tail is { } tail && tail.Free.Length >= Math.Min(LeastRoom, tail.Capacity)
            ? tail
            : _segments.Rent((int)Math.Clamp(wanted, _size, PipeSegments.LargestBlock), least: 1);
        return _lent.Free;
    }

    /// <summary>The memory was lent, and nothing came into it.</summary>
    public void TakeBack()
    {
        if (_lent is { } lent && lent != _chain.Tail)
        {
            _segments.Return(lent);
        }

        _lent = null;
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
            lent.StartAt(Received);
            lent.Extend(count);
            _chain.Add(lent);
        }

        Received += count;
        Resize(count, isFull);
        return isFull;
    }

    public void Consume(long count) => _chain.Consume(count, ref _segments);

    /// <summary>Consumes everything.</summary>
    public void Clear() => _chain.Clear(ref _segments);

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
