using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using SocketKit.Framing;

namespace SocketKit.Tests.Framing;

/// <summary>A framing of a user: "5:hello,".</summary>
internal sealed class NetString : MessageFraming
{
    private const int MostDigits = 9;

    public override int DefaultMaxMessageSize => 1000;

    protected internal override bool TryParse(
        ref ReadOnlySequence<byte> buffer, ref long state, out ReadOnlySequence<byte> message)
    {
        message = default;
        if (buffer.Slice(0, Math.Min(buffer.Length, MostDigits + 1)).PositionOf((byte)':') is not { } colon)
        {
            return buffer.Length <= MostDigits ? false : throw new FrameException("The length has too many digits.");
        }

        byte[] digits = buffer.Slice(0, colon).ToArray();
        if (!Utf8Parser.TryParse(digits, out uint length, out int used) || used != digits.Length)
        {
            throw new FrameException("The length is no number.");
        }

        ReadOnlySequence<byte> rest = buffer.Slice(buffer.GetPosition(1, colon));
        if (rest.Length <= length)
        {
            return false;
        }

        if (rest.Slice(length, 1).FirstSpan[0] != ',')
        {
            throw new FrameException("No comma behind the message.", length);
        }

        message = rest.Slice(0, length);
        buffer = rest.Slice(length + 1L);
        return true;
    }

    protected internal override void Write(ReadOnlySequence<byte> message, IBufferWriter<byte> output)
    {
        output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{message.Length}:")));
        output.Write(message.ToArray());
        output.Write(","u8);
    }
}
