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

    internal override bool TryFind(ReadOnlySpan<byte> bytes, long state, int limit, out Frame frame)
    {
        int end = state < bytes.Length ? bytes[(int)state..].IndexOf(Lf) : -1;
        if (end < 0)
        {
            frame = default;
            return false;
        }

        end += (int)state;
        return Found(end, end > 0 && bytes[end - 1] == Cr, limit, out frame);
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

    internal override int FillHead(Span<byte> head, ReadOnlySpan<byte> message)
    {
        CheckInside(message);
        CheckEnd(!message.IsEmpty && message[^1] == Cr);
        return 0;
    }

    protected override bool TryFind(in ReadOnlySequence<byte> buffer, ref long state, int limit, out Frame frame)
    {
        long end = SequenceSearch.IndexOf(buffer, Tail, state);
        long line = end < 0 ? buffer.Length : end;
        bool endsWithCr = line > 0 && At(buffer, line - 1) == Cr;
        if (end >= 0)
        {
            return Found(end, endsWithCr, limit, out frame);
        }

        // A CR at the end counts to the message only if something else than LF follows it.
        Check(endsWithCr ? line - 1 : line, limit);
        state = line;
        frame = default;
        return false;
    }

    private static bool Found(long end, bool endsWithCr, int limit, out Frame frame)
    {
        long length = endsWithCr ? end - 1 : end;
        Check(length, limit);
        frame = new(0, length, end + 1 - length);
        return true;
    }

    private static void Check(long length, int limit)
    {
        if (length > limit)
        {
            throw FrameException.NoEnd(limit);
        }
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
