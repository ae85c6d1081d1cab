using System.Buffers;

namespace SocketKit.Framing;

/// <summary>Lines: LF ends a message, and a CR before it is taken off.</summary>
internal sealed class LineFraming : StandardFraming
{
    private const byte Lf = (byte)'\n';
    private const byte Cr = (byte)'\r';

    public override int DefaultMaxMessageSize => 8 * Kibibyte;

    internal override int ReservedHead => 0;

    internal override ReadOnlySpan<byte> Tail => "\n"u8;

    internal override bool TryParse(
        ref ReadOnlySequence<byte> buffer, ref long state, int limit, out ReadOnlySequence<byte> message)
    {
        long end = SequenceSearch.IndexOf(buffer, Tail, state);
        long line = end < 0 ? buffer.Length : end;
        // A CR at the end counts to the message only if something else than LF follows it.
        long length = line > 0 && At(buffer, line - 1) == Cr ? line - 1 : line;
        if (length > limit)
        {
            throw FrameException.NoEnd(limit);
        }

        if (end < 0)
        {
            state = line;
            message = default;
            return false;
        }

        message = Take(ref buffer, 0, length, end + 1 - length);
        return true;
    }

    internal override int FillHead(Span<byte> head, in ReadOnlySequence<byte> message)
    {
        foreach (ReadOnlyMemory<byte> piece in message)
        {
            CheckInside(piece.Span);
        }

        CheckEnd(!message.IsEmpty && At(message, message.Length - 1) == Cr);
        return 0;
    }

    protected override int FillHead(Span<byte> head, ReadOnlySpan<byte> message)
    {
        CheckInside(message);
        CheckEnd(!message.IsEmpty && message[^1] == Cr);
        return 0;
    }

    private static byte At(in ReadOnlySequence<byte> buffer, long index) =>
        index < buffer.FirstSpan.Length ? buffer.FirstSpan[(int)index] : buffer.Slice(index, 1).FirstSpan[0];

    private static void CheckInside(ReadOnlySpan<byte> message)
    {
        if (message.Contains(Lf))
        {
            throw new ArgumentException("A line must not contain LF: the peer would read two messages.", nameof(message));
        }
    }

    private static void CheckEnd(bool message)
    {
        if (message)
        {
            throw new ArgumentException("A line must not end with CR: the peer would take it off.", nameof(message));
        }
    }
}
