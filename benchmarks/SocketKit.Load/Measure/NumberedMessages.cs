using System.Buffers.Binary;

namespace SocketKit.Load;

/// <summary>
/// Messages of one size that say who sent them, which one they are and when they were due. Bytes that repeat fill the rest, so that a
/// message that was cut, or mixed with another one, is seen.
/// </summary>
internal sealed class NumberedMessages(int size)
{
    /// <summary>Sender, number and time.</summary>
    public const int SmallestSize = TimeAt + sizeof(long);

    private const int NumberAt = sizeof(int);
    private const int TimeAt = NumberAt + sizeof(long);

    private readonly EchoPattern _filling = new(size);

    public int Size => size;

    /// <param name="message">Where it is written.</param>
    /// <param name="sender">Who sends it.</param>
    /// <param name="number">Which one of this sender.</param>
    /// <param name="due">A timestamp of <see cref="System.Diagnostics.Stopwatch"/>, which all processes of a machine share.</param>
    public void Write(Span<byte> message, int sender, long number, long due)
    {
        BinaryPrimitives.WriteInt32LittleEndian(message, sender);
        BinaryPrimitives.WriteInt64LittleEndian(message[NumberAt..], number);
        BinaryPrimitives.WriteInt64LittleEndian(message[TimeAt..], due);
        _filling.Slice(FillingOf(sender, number), size - SmallestSize).Span.CopyTo(message[SmallestSize..]);
    }

    /// <summary>Reads a message. False: its bytes are not those that were written.</summary>
    public bool TryRead(ReadOnlySpan<byte> message, out MessageHead head)
    {
        head = new MessageHead(
            BinaryPrimitives.ReadInt32LittleEndian(message),
            BinaryPrimitives.ReadInt64LittleEndian(message[NumberAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(message[TimeAt..]));
        return _filling.Matches(FillingOf(head.Sender, head.Number), message[SmallestSize..]);
    }

    /// <summary>Never negative, whatever was received.</summary>
    private static long FillingOf(int sender, long number) => (sender + number) & int.MaxValue;
}

/// <summary>What a message says of itself.</summary>
internal readonly record struct MessageHead(int Sender, long Number, long Due);
