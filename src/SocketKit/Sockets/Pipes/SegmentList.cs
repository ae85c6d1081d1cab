namespace SocketKit.Sockets.Pipes;

/// <summary>Segments that are linked; the next one to take is the one that was put there last. Not to be copied.</summary>
internal struct SegmentList
{
    private PipeSegment? _first;

    public int Count { get; private set; }

    /// <summary>Takes a segment off; null if there is none.</summary>
    public PipeSegment? Pop()
    {
        PipeSegment? segment = _first;
        if (segment is not null)
        {
            _first = segment.NextSegment;
            segment.Unlink();
            Count--;
        }

        return segment;
    }

    public void Push(PipeSegment segment)
    {
        segment.NextSegment = _first;
        _first = segment;
        Count++;
    }
}
