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

    /// <summary>
    /// Of each kind: those that a thread gave back last. Most turns of a connection return what they have taken, and need no lock.
    /// </summary>
    private const int MostOfThread = 4;

    private static readonly SegmentStack s_withBlock = new(Most);
    private static readonly SegmentStack s_bare = new(Most);

    [ThreadStatic]
    private static SegmentList s_withBlockOfThread;

    [ThreadStatic]
    private static SegmentList s_bareOfThread;

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
            Return(segment, ref s_withBlockOfThread, s_withBlock);
        }
        else
        {
            Return(segment, ref s_bareOfThread, s_bare);
        }
    }

    private static void Return(PipeSegment segment, ref SegmentList ofThread, SegmentStack ofAll)
    {
        if (ofThread.Count < MostOfThread)
        {
            ofThread.Push(segment);
        }
        else
        {
            ofAll.Push(segment);
        }
    }
}
