using System.Buffers;
using System.Diagnostics;

namespace SocketKit.Sockets.Pipes;

/// <summary>A block of memory whose front is in use, as a link of a sequence.</summary>
internal sealed class PipeSegment : ReadOnlySequenceSegment<byte>
{
    private byte[]? _array;
    private IMemoryOwner<byte>? _owner;
    private Memory<byte> _block;

    /// <summary>The end of the pipe that uses it; null while it is spare, so that a position in it is known to be foreign.</summary>
    public object? User { get; private set; }

    /// <summary>The next spare one, or the next link.</summary>
    public PipeSegment? NextSegment
    {
        get => (PipeSegment?)Next;
        set => Next = value;
    }

    /// <summary>How many bytes are in use.</summary>
    public int Length { get; private set; }

    public int Capacity => _block.Length;

    /// <summary>What is not in use yet.</summary>
    public Memory<byte> Free => _block[Length..];

    /// <summary>Where the block ends in the stream of bytes, as far as it is in use.</summary>
    public long EndIndex => RunningIndex + Length;

    public void Attach(object user, byte[] array)
    {
        Debug.Assert(User is null, "A spare segment has no user.");
        User = user;
        _array = array;
        _block = array;
    }

    public void Attach(object user, IMemoryOwner<byte> owner)
    {
        Debug.Assert(User is null, "A spare segment has no user.");
        User = user;
        _owner = owner;
        _block = owner.Memory;
    }

    /// <summary>The next so many bytes are in use.</summary>
    public void Extend(int count)
    {
        Length += count;
        Memory = _block[..Length];
    }

    /// <summary>Only the first so many bytes stay in use.</summary>
    public void Shorten(int length)
    {
        Length = length;
        Memory = _block[..length];
    }

    /// <summary>Nothing follows this segment any more.</summary>
    public void Unlink() => Next = null;

    /// <summary>The segment's first byte has this place in the stream of bytes.</summary>
    public void StartAt(long index) => RunningIndex = index;

    /// <summary>Links the next segment, and those behind it.</summary>
    public void Link(PipeSegment next)
    {
        Next = next;
        PipeSegment last = this;
        for (PipeSegment? segment = next; segment is not null; segment = segment.NextSegment)
        {
            segment.RunningIndex = last.EndIndex;
            last = segment;
        }
    }

    /// <summary>Gives the block back to where it came from.</summary>
    public void Detach()
    {
        byte[]? array = _array;
        IMemoryOwner<byte>? owner = _owner;
        User = null;
        _array = null;
        _owner = null;
        _block = default;
        Memory = default;
        Length = 0;
        RunningIndex = 0;
        Next = null;
        if (array is not null)
        {
            ArrayPool<byte>.Shared.Return(array);
        }

        owner?.Dispose();
    }
}
