using System.Buffers;

namespace SocketKit.Framing;

/// <summary>A search for bytes that may lie in several pieces.</summary>
internal static class SequenceSearch
{
    /// <summary>Finds the first place at or behind <paramref name="from"/> where the value begins, or -1.</summary>
    internal static long IndexOf(in ReadOnlySequence<byte> buffer, ReadOnlySpan<byte> value, long from)
    {
        var reader = new SequenceReader<byte>(buffer);
        reader.Advance(from);
        while (!reader.End)
        {
            ReadOnlySpan<byte> piece = reader.UnreadSpan;
            int at = piece.IndexOf(value);
            if (at >= 0)
            {
                return reader.Consumed + at;
            }

            // The last bytes of a piece may begin a value that ends in another one.
            int open = Math.Min(piece.Length, value.Length - 1);
            reader.Advance(piece.Length - open);
            for (; open > 0; open--)
            {
                if (reader.IsNext(value))
                {
                    return reader.Consumed;
                }

                reader.Advance(1);
            }
        }

        return -1;
    }
}
