using System.Buffers;
using SocketKit.Framing;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/framings.md, compiled. FramingsGuideTests runs it.</summary>
internal static class FramingsSnippets
{
    public static MessageFraming[] Choose()
    {
        MessageFraming lines = MessageFraming.Lines;
        MessageFraming prefixed = MessageFraming.LengthPrefix();
        MessageFraming small = MessageFraming.LengthPrefix(2, littleEndian: true);
        MessageFraming varint = MessageFraming.VarInt;
        MessageFraming blocks = MessageFraming.Delimiter("\r\n\r\n"u8);
        MessageFraming records = MessageFraming.FixedSize(512);
        return [lines, prefixed, small, varint, blocks, records];
    }

    public static byte[] Trim(in ReadOnlySequence<byte> line)
    {
        ReadOnlySpan<byte> text = line.ToArray().AsSpan().TrimEnd((byte)'\r');
        return text.ToArray();
    }

    public static MessageOptions ForPeople()
    {
        var typed = new MessageOptions { MinimumRate = 0, MessageTimeout = TimeSpan.FromMinutes(5) };
        return typed;
    }

    public static MessageFraming WithType()
    {
        // Two bytes of type, then three bytes with the size of the whole frame. Strip = 0 keeps the head, for the type in it.
        MessageFraming framing = MessageFraming.LengthPrefix(new LengthPrefixOptions
        {
            Offset = 2,
            Size = 3,
            Adjustment = -5,
            Strip = 0,
        });
        return framing;
    }

    public static string Explain(FrameException exception)
    {
        string why = exception switch
        {
            { Announced: >= 0, Limit: >= 0 } => $"a message of {exception.Announced} bytes, where {exception.Limit} are the limit",
            { Limit: >= 0 } => $"more than {exception.Limit} bytes without the end of a message",
            _ => exception.Message,
        };
        return why;
    }

    public sealed class StxEtx : MessageFraming
    {
        private const byte Stx = 2;
        private const byte Etx = 3;

        public override int DefaultMaxMessageSize => 4096;

        protected internal override bool TryParse(ref ReadOnlySequence<byte> buffer, ref long state, out ReadOnlySequence<byte> message)
        {
            message = default;
            if (new SequenceReader<byte>(buffer).TryPeek(out byte first) && first != Stx)
            {
                throw new FrameException($"A message begins with STX, and not with 0x{first:X2}.");
            }

            if (buffer.Slice(state).PositionOf(Etx) is not { } end)
            {
                state = buffer.Length;
                return false;
            }

            message = buffer.Slice(1, end);
            buffer = buffer.Slice(buffer.GetPosition(1, end));
            return true;
        }

        protected internal override void Write(ReadOnlySequence<byte> message, IBufferWriter<byte> output)
        {
            if (message.PositionOf(Etx) is not null)
            {
                throw new ArgumentException("A message must not contain ETX.", nameof(message));
            }

            output.Write([Stx]);
            foreach (ReadOnlyMemory<byte> piece in message)
            {
                output.Write(piece.Span);
            }

            output.Write([Etx]);
        }
    }
}
