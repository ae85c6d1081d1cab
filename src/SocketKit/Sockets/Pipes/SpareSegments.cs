namespace SocketKit.Sockets.Pipes;

/// <summary>
/// Segments that nobody uses, for all connections of the process, so that a connection that waits holds none: those with a smallest block
/// of their own, and bare ones for memory of other sizes and pools. .NET's shared array pool keeps some 32 arrays of a size for each
/// processor, but one message to a thousand connections takes a thousand blocks at once.
/// </summary>
internal static class SpareSegments
{
    /// <summary>The size of a block in bytes: a page.</summary>
    public const int BlockSize = 4 * 1024;

    /// <summary>With their blocks 16 MiB.</summary>
    private const int Most = 4096;

    private static readonly SegmentStack s_withBlock = new(Most);
    private static readonly SegmentStack s_bare = new(Most);

    [ThreadStatic]
    private static OfThread s_withBlockOfThread;

    [ThreadStatic]
    private static OfThread s_bareOfThread;

    /// <summary>A segment with a block of <see cref="BlockSize"/>.</summary>
    public static PipeSegment TakeWithBlock() =>
        s_withBlockOfThread.Pop() ?? s_withBlock.Pop() ?? new PipeSegment(GC.AllocateUninitializedArray<byte>(BlockSize));

    /// <summary>A segment without memory.</summary>
    public static PipeSegment TakeBare() => s_bareOfThread.Pop() ?? s_bare.Pop() ?? new PipeSegment();

    /// <summary>Takes a segment that was cleared, and that nobody refers to any more.</summary>
    public static void Return(PipeSegment segment)
    {
        if (segment.HasOwnBlock)
        {
            if (!s_withBlockOfThread.TryPush(segment))
            {
                s_withBlock.Push(segment);
            }
        }
        else if (!s_bareOfThread.TryPush(segment))
        {
            s_bare.Push(segment);
        }
    }

    /// <summary>The few that a thread gave back last: most turns of a connection return what they have taken, and need no lock.</summary>
    private struct OfThread
    {
        private const int Most = 4;

        private PipeSegment? _first;
        private int _count;

        public PipeSegment? Pop()
        {
            PipeSegment? segment = _first;
            if (segment is not null)
            {
                _first = segment.NextSegment;
                segment.Unlink();
                _count--;
            }

            return segment;
        }

        public bool TryPush(PipeSegment segment)
        {
            if (_count == Most)
            {
                return false;
            }

            segment.NextSegment = _first;
            _first = segment;
            _count++;
            return true;
        }
    }
}
