using System.Buffers;

namespace SocketKit.Sockets.Pipes;

/// <summary>
/// Where both ends of a pipe, and messages, take their segments from. The memory comes from the application's pool, or from the pools that
/// everything in the process shares and that the garbage collector trims.
/// </summary>
internal static class PipeSegments
{
    /// <summary>A block of an end that has little to do, in bytes.</summary>
    public const int SmallestBlock = SpareSegments.BlockSize;

    /// <summary>Beyond this a larger block saves no system calls that would show.</summary>
    public const int LargestBlock = 256 * 1024;

    /// <summary>A segment of about this size.</summary>
    /// <param name="user">Whose positions in it are valid.</param>
    /// <param name="pool">The application's pool; null if it has none.</param>
    /// <param name="size">What would suit, in bytes; a pool may have smaller blocks only.</param>
    /// <param name="least">What it has at least.</param>
    public static PipeSegment Rent(object user, MemoryPool<byte>? pool, int size, int least)
    {
        size = Math.Max(size, least);
        PipeSegment segment;
        if (pool is not null && least <= pool.MaxBufferSize)
        {
            segment = RentFrom(pool, Math.Min(size, pool.MaxBufferSize), least);
        }
        else if (size <= SmallestBlock)
        {
            segment = SpareSegments.TakeWithBlock();
        }
        else
        {
            segment = SpareSegments.TakeBare();
            segment.Attach(ArrayPool<byte>.Shared.Rent(size));
        }

        segment.Begin(user);
        return segment;
    }

    /// <summary>Gives a segment back that no chain holds any more. It throws what the block of the application's pool throws.</summary>
    public static void Return(PipeSegment segment)
    {
        segment.Clear();
        SpareSegments.Return(segment);
    }

    /// <summary>The block comes first, because the pool may throw.</summary>
    private static PipeSegment RentFrom(MemoryPool<byte> pool, int size, int least)
    {
        IMemoryOwner<byte> owner = pool.Rent(size);
        Memory<byte> block = owner.Memory;
        if (block.Length < least)
        {
            owner.Dispose();
            throw new InvalidOperationException($"The memory pool of the pipe was asked for {size} bytes, and gave {block.Length}.");
        }

        PipeSegment segment = SpareSegments.TakeBare();
        segment.Attach(owner, block);
        return segment;
    }
}
