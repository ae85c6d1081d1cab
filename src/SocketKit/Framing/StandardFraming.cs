using System.Buffers;

namespace SocketKit.Framing;

/// <summary>
/// What the framings of this library share: the limit is known while a message is parsed, and messages can be written in place.
/// </summary>
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

    internal sealed override bool TryParse(
        ref ReadOnlySequence<byte> buffer, ref long state, int limit, out ReadOnlySequence<byte> message)
    {
        if (TryFind(buffer.FirstSpan, state, limit, out Frame frame) || TryFind(buffer, ref state, limit, out frame))
        {
            message = Take(ref buffer, frame);
            return true;
        }

        message = default;
        return false;
    }

    internal abstract override bool TryFind(ReadOnlySpan<byte> bytes, long state, int limit, out Frame frame);

    internal override void Write(ReadOnlySpan<byte> message, IBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> tail = Tail;
        int reserved = ReservedHead;
        Span<byte> span = output.GetSpan(checked(reserved + message.Length + tail.Length));
        int unused = FillHead(span[..reserved], message);
        if (unused > 0)
        {
            span[unused..reserved].CopyTo(span);
        }

        int head = reserved - unused;
        message.CopyTo(span[head..]);
        tail.CopyTo(span[(head + message.Length)..]);
        output.Advance(head + message.Length + tail.Length);
    }

    internal abstract override int FillHead(Span<byte> head, in ReadOnlySequence<byte> message);

    internal abstract override int FillHead(Span<byte> head, ReadOnlySpan<byte> message);

    /// <summary>As the other one, for bytes in many pieces; also keeps how far a search got, and refuses what has no end.</summary>
    protected abstract bool TryFind(in ReadOnlySequence<byte> buffer, ref long state, int limit, out Frame frame);

    private static ReadOnlySequence<byte> Take(ref ReadOnlySequence<byte> buffer, in Frame frame)
    {
        SequencePosition start = buffer.Start;
        SequencePosition end = buffer.End;
        if (start.GetObject() is ReadOnlySequenceSegment<byte> first && end.GetObject() is ReadOnlySequenceSegment<byte> last)
        {
            // A frame that ends with its piece is sliced, so that the rest begins in the next piece.
            int index = start.GetInteger();
            int available = (ReferenceEquals(first, last) ? end.GetInteger() : first.Memory.Length - 1) - index;
            if (frame.Size <= available)
            {
                int from = index + (int)frame.Head;
                buffer = new ReadOnlySequence<byte>(first, index + (int)frame.Size, last, end.GetInteger());
                return new ReadOnlySequence<byte>(first, from, first, from + (int)frame.Length);
            }
        }

        ReadOnlySequence<byte> rest = buffer.Slice(frame.Head);
        SequencePosition tail = rest.GetPosition(frame.Length);
        buffer = rest.Slice(frame.Tail == 0 ? tail : rest.GetPosition(frame.Tail, tail));
        return rest.Slice(rest.Start, tail);
    }
}
