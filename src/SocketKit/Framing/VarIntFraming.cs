using System.Buffers;
using System.Globalization;
using System.Numerics;

namespace SocketKit.Framing;

/// <summary>Unsigned LEB128: seven bits per byte, the lowest first; all bytes but the last have the highest bit set.</summary>
internal sealed class VarIntFraming : StandardFraming
{
    /// <summary>32 bits in groups of seven.</summary>
    private const int MostBytes = 5;

    /// <summary>The fifth byte holds the bits 28 to 31, and it is the last one.</summary>
    private const int LargestFifth = 0x0F;

    public override int DefaultMaxMessageSize => Mebibyte;

    internal override int ReservedHead => MostBytes;

    internal override bool TryFind(ReadOnlySpan<byte> bytes, long state, int limit, out Frame frame) =>
        TryRead(bytes, limit, out frame) && bytes.Length >= frame.Size;

    internal override int FillHead(Span<byte> head, in ReadOnlySequence<byte> message) => Fill(head, message.Length);

    internal override int FillHead(Span<byte> head, ReadOnlySpan<byte> message) => Fill(head, message.Length);

    protected override bool TryFind(in ReadOnlySequence<byte> buffer, ref long state, int limit, out Frame frame)
    {
        Span<byte> bytes = stackalloc byte[MostBytes];
        bytes = bytes[..(int)Math.Min(buffer.Length, MostBytes)];
        buffer.Slice(0, bytes.Length).CopyTo(bytes);
        return TryRead(bytes, limit, out frame) && buffer.Length >= frame.Size;
    }

    private static bool TryRead(ReadOnlySpan<byte> bytes, int limit, out Frame frame)
    {
        uint value = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            byte group = bytes[i];
            if (i == MostBytes - 1 && group > LargestFifth)
            {
                throw new FrameException("the peer announced a length of more than 32 bits.");
            }

            value |= (uint)(group & 0x7F) << (7 * i);
            if (group < 0x80)
            {
                if (group == 0 && i > 0)
                {
                    throw new FrameException("the peer wrote a length with more bytes than it needs.", value);
                }

                frame = new(i + 1, value, 0);
                return value <= (uint)limit ? true : throw FrameException.TooLong(value, limit);
            }
        }

        frame = default;
        return false;
    }

    private static int Fill(Span<byte> head, long message)
    {
        // Many peers read a signed number of 32 bits.
        if (message > int.MaxValue)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"A message of {message} bytes is too long; at most {int.MaxValue}."),
                nameof(message));
        }

        uint rest = (uint)message;
        int unused = MostBytes - 1 - (BitOperations.Log2(rest | 1) / 7);
        for (int i = unused; i < MostBytes - 1; i++)
        {
            head[i] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        head[MostBytes - 1] = (byte)rest;
        return unused;
    }
}
