using System.Buffers;

namespace SocketKit.Framing;

/// <summary>What the framings of this library share: the limit is known while a message is parsed, and a message can be written in place.</summary>
internal abstract class StandardFraming : MessageFraming
{
    protected const int Kibibyte = 1024;
    protected const int Mebibyte = 1024 * Kibibyte;

    /// <summary>The largest head: a length of eight bytes.</summary>
    private const int LargestHead = 8;

    internal abstract override int ReservedHead { get; }

    protected internal sealed override bool TryParse(
        ref ReadOnlySequence<byte> buffer, ref long state, out ReadOnlySequence<byte> message) =>
        TryParse(ref buffer, ref state, DefaultMaxMessageSize, out message);

    protected internal override void Write(ReadOnlySequence<byte> message, IBufferWriter<byte> output)
    {
        if (message.IsSingleSegment)
        {
            Write(message.FirstSpan, output);
            return;
        }

        Span<byte> head = stackalloc byte[LargestHead];
        head = head[..ReservedHead];
        output.Write(head[FillHead(head, message)..]);
        foreach (ReadOnlyMemory<byte> piece in message)
        {
            output.Write(piece.Span);
        }

        output.Write(Tail);
    }

    internal override void Write(ReadOnlySpan<byte> message, IBufferWriter<byte> output)
    {
        Span<byte> head = stackalloc byte[LargestHead];
        head = head[..ReservedHead];
        head = head[FillHead(head, message)..];
        ReadOnlySpan<byte> tail = Tail;
        int frame = checked(head.Length + message.Length + tail.Length);
        Span<byte> span = output.GetSpan(frame);
        head.CopyTo(span);
        message.CopyTo(span[head.Length..]);
        tail.CopyTo(span[(head.Length + message.Length)..]);
        output.Advance(frame);
    }

    internal abstract override bool TryParse(
        ref ReadOnlySequence<byte> buffer, ref long state, int limit, out ReadOnlySequence<byte> message);

    internal abstract override int FillHead(Span<byte> head, in ReadOnlySequence<byte> message);

    /// <summary>As the other one, for memory of the caller.</summary>
    protected abstract int FillHead(Span<byte> head, ReadOnlySpan<byte> message);

    /// <summary>Takes a frame off the buffer: so many bytes of head, message and tail. All of them must be there.</summary>
    protected static ReadOnlySequence<byte> Take(ref ReadOnlySequence<byte> buffer, long head, long message, long tail)
    {
        ReadOnlySequence<byte> rest = buffer.Slice(head);
        SequencePosition end = rest.GetPosition(message);
        ReadOnlySequence<byte> taken = rest.Slice(rest.Start, end);
        buffer = rest.Slice(tail == 0 ? end : rest.GetPosition(tail, end));
        return taken;
    }
}
