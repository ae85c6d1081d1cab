using System.Buffers;
using System.Diagnostics;

namespace SocketKit.Sockets.Pipes;

/// <summary>A block of memory whose front is in use, as a link of a sequence.</summary>
internal sealed class PipeSegment : ReadOnlySequenceSegment<byte>
{
    /// <summary>Stays with this segment; null if its memory is of another size or pool.</summary>
    private readonly byte[]? _own;
    private byte[]? _array;
    private IMemoryOwner<byte>? _owner;
    private Memory<byte> _block;

    /// <summary>Makes a segment that is given its memory each time.</summary>
    public PipeSegment()
    {
    }

    /// <summary>Makes a segment that has this block for ever.</summary>
    public PipeSegment(byte[] own) => _block = _own = own;

    public bool HasOwnBlock => _own is not null;

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

    /// <summary>The place behind its last byte, counted from where the chain began when it was last empty.</summary>
    public long EndIndex => RunningIndex + Length;

    /// <summary>Gives a bare segment an array of the shared pool.</summary>
    public void Attach(byte[] array) => _block = _array = array;

    /// <summary>Gives a bare segment a block of the application's pool.</summary>
    public void Attach(IMemoryOwner<byte> owner, Memory<byte> block)
    {
        _owner = owner;
        _block = block;
    }

    /// <summary>From here on it belongs to this end of a pipe.</summary>
    public void Begin(object user)
    {
        Debug.Assert(User is null, "A spare segment has no user.");
        User = user;
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

    /// <summary>Nothing is in use any more. A block that is not its own goes back to where it came from.</summary>
    public void Clear()
    {
        Debug.Assert(User is not null, "A segment is given back once.");
        byte[]? array = _array;
        IMemoryOwner<byte>? owner = _owner;
        User = null;
        _array = null;
        _owner = null;
        _block = _own;
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
