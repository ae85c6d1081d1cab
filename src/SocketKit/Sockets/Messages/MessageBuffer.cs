using System.Buffers;
using SocketKit.Sockets.Pipes;

namespace SocketKit.Sockets.Messages;

/// <summary>Bytes that are to be sent, in segments that the sender owns.</summary>
/// <param name="sender">The sender.</param>
internal class MessageBuffer(MessageSender sender) : IBufferWriter<byte>
{
    private SegmentChain _chain;

    public long Length => _chain.Length;

    public bool IsEmpty => _chain.Length == 0;

    /// <summary>The first segment's bytes.</summary>
    public ReadOnlyMemory<byte> First => _chain.First;

    /// <summary>The second segment's bytes; empty if there is one segment.</summary>
    public ReadOnlyMemory<byte> Second => _chain.Head == _chain.Tail ? default : _chain.Head!.NextSegment!.Memory;

    public ReadOnlySequence<byte> Sequence => _chain.Sequence;

    protected MessageSender Sender => sender;

    public void Advance(int count)
    {
        if ((uint)count > (uint)(_chain.Tail?.Free.Length ?? 0))
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, "The memory of the last Get is shorter than that.");
        }

        if (count > 0)
        {
            _chain.Extend(count);
        }
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        int least = Math.Max(sizeHint, 1);
        if (_chain.Tail is not { } tail)
        {
            Add(PipeSegments.SmallestBlock, least);
        }
        else if (tail.Free.Length < least)
        {
            if (tail.Length == 0)
            {
                // A Get without an Advance.
                Truncate(_chain.Length);
            }

            Add(Math.Min(tail.Capacity * 2, MessageSender.MostStaged), least);
        }

        return _chain.Tail!.Free;
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Takes so many bytes off the front.</summary>
    public void Consume(long count)
    {
        if (count > 0)
        {
            _chain.Consume(count);
        }
    }

    /// <summary>Keeps the first so many bytes.</summary>
    public void Truncate(long length) => _chain.Truncate(length);

    /// <summary>Moves all bytes of another buffer to the end, without a copy if this one is empty.</summary>
    public void Take(MessageBuffer other)
    {
        if (IsEmpty)
        {
            Truncate(0);
            _chain = other._chain;
            other._chain = default;
            return;
        }

        foreach (ReadOnlyMemory<byte> piece in other.Sequence)
        {
            this.Write(piece.Span);
        }

        other.Truncate(0);
    }

    /// <summary>Moves all segments of another buffer, which begins with a whole segment, to the end.</summary>
    public void Link(MessageBuffer other)
    {
        if (IsEmpty)
        {
            Truncate(0);
        }

        _chain.Add(ref other._chain);
    }

    private void Add(int size, int least) => _chain.Add(PipeSegments.Rent(sender, pool: null, size, least));
}
