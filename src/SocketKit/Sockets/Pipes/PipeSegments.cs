using System.Buffers;

namespace SocketKit.Sockets.Pipes;

/// <summary>
/// Where one end of a pipe takes its segments from. The blocks come from the application's pool, or from the one pool that everything in
/// the process shares and that the garbage collector trims; only a few empty segments stay here, and one per thread, so that the end of a
/// connection that waits holds none.
/// </summary>
/// <param name="user">The end.</param>
/// <param name="pool">The application's pool; null if it has none.</param>
internal struct PipeSegments(object user, MemoryPool<byte>? pool)
{
    /// <summary>A block of an end that has little to do, in bytes: a page.</summary>
    public const int SmallestBlock = 4 * 1024;

    /// <summary>Beyond this a larger block saves no system calls that would show.</summary>
    public const int LargestBlock = 256 * 1024;

    /// <summary>As many as a message of 1 MiB takes up while segments double.</summary>
    private const int MostSpare = 10;

    [ThreadStatic]
    private static PipeSegment? s_spareOfThread;

    private PipeSegment? _spare;
    private int _spares;

    /// <summary>A segment of about this size.</summary>
    /// <param name="size">What would suit, in bytes; a pool may have smaller blocks only.</param>
    /// <param name="least">What it has at least.</param>
    public PipeSegment Rent(int size, int least)
    {
        // The block comes first, because the pool may throw.
        if (pool is not null && least <= pool.MaxBufferSize)
        {
            IMemoryOwner<byte> owner = pool.Rent(Math.Min(Math.Max(size, least), pool.MaxBufferSize));
            PipeSegment pooled = TakeSpare();
            pooled.Attach(user, owner);
            return pooled;
        }

        byte[] array = ArrayPool<byte>.Shared.Rent(Math.Max(size, least));
        PipeSegment segment = TakeSpare();
        segment.Attach(user, array);
        return segment;
    }

    public void Return(PipeSegment segment)
    {
        segment.Detach();
        if (s_spareOfThread is null)
        {
            s_spareOfThread = segment;
        }
        else if (_spares < MostSpare)
        {
            _spares++;
            segment.NextSegment = _spare;
            _spare = segment;
        }
    }

    private PipeSegment TakeSpare()
    {
        // Its own ones first, or one end would collect them while another makes new ones.
        if (_spare is { } segment)
        {
            _spares--;
            _spare = segment.NextSegment;
            segment.NextSegment = null;
            return segment;
        }

        PipeSegment? spare = s_spareOfThread;
        s_spareOfThread = null;
        return spare ?? new PipeSegment();
    }
}
