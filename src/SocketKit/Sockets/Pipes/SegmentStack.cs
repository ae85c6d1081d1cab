namespace SocketKit.Sockets.Pipes;

/// <summary>
/// Segments that nobody uses, at most so many; the next one to take is the one that was put there last. All threads may use it. What was of
/// no use between two full collections of garbage is left to the collector.
/// </summary>
internal sealed class SegmentStack
{
    private readonly Lock _lock = new();
    private readonly int _most;

    // Under the lock.
    private SegmentList _list;

    /// <summary>The lowest count since the last trim: so many were of no use.</summary>
    private int _unused;

    public SegmentStack(int most)
    {
        _most = most;
        _ = new Trimmer(this);
    }

    /// <summary>Takes a segment off; null if there is none.</summary>
    public PipeSegment? Pop()
    {
        lock (_lock)
        {
            PipeSegment? segment = _list.Pop();
            _unused = Math.Min(_unused, _list.Count);
            return segment;
        }
    }

    /// <summary>Adds a segment, or leaves it to the collector if there are enough.</summary>
    public void Push(PipeSegment segment)
    {
        lock (_lock)
        {
            if (_list.Count < _most)
            {
                _list.Push(segment);
            }
        }
    }

    /// <summary>Leaves to the collector what was of no use since the last time.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            for (; _unused > 0; _unused--)
            {
                _list.Pop();
            }

            _unused = _list.Count;
        }
    }

    /// <summary>
    /// Nothing refers to it, so its finalizer runs after each collection of the generation that it has grown into: soon the oldest.
    /// </summary>
    private sealed class Trimmer(SegmentStack stack)
    {
        ~Trimmer()
        {
            stack.Trim();
            GC.ReRegisterForFinalize(this);
        }
    }
}
