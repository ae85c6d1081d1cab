using System.Buffers;

namespace SocketKit.Framing;

/// <summary>
/// How messages follow each other in a stream of bytes. A framing knows no sockets and keeps no state: one instance serves all connections
/// and threads. Derive from it for a format of your own.
/// </summary>
/// <remarks>
/// Each framing counts its maximum in bytes of the message as it is handed out. A framing of your own counts whole frames: the bytes that
/// <see cref="TryParse(ref ReadOnlySequence{byte}, ref long, out ReadOnlySequence{byte})"/> takes off the buffer.
/// </remarks>
public abstract class MessageFraming
{
    /// <summary>
    /// Lines of text: a message ends with LF, and a CR before the LF is taken off. Sends LF. A message that is sent must not contain LF,
    /// nor end with CR. One that has arrived may end with CR, because only one is taken off: do not send it on as it is. 8 KiB by default.
    /// </summary>
    public static MessageFraming Lines { get; } = new LineFraming();

    /// <summary>
    /// The length as an unsigned LEB128 number in front (seven bits per byte, the lowest first), as in Protocol Buffers' delimited
    /// messages. A length has at most 32 bits in five bytes; one that is written with more bytes than it needs is refused. 1 MiB by
    /// default.
    /// </summary>
    public static MessageFraming VarInt { get; } = new VarIntFraming();

    /// <summary>The size of the largest message where the options name none.</summary>
    public abstract int DefaultMaxMessageSize { get; }

    /// <summary>
    /// How many bytes <see cref="FillHead(Span{byte}, in ReadOnlySequence{byte})"/> writes at most. Whoever writes a message in place
    /// leaves so many bytes free in front of it, lets it be written, calls FillHead and appends <see cref="Tail"/>. -1: this framing only
    /// has <see cref="Write(ReadOnlySequence{byte}, IBufferWriter{byte})"/>; the message goes into a buffer of its own first.
    /// </summary>
    internal virtual int ReservedHead => -1;

    /// <summary>What follows each message. Only with a <see cref="ReservedHead"/> of at least 0.</summary>
    internal virtual ReadOnlySpan<byte> Tail => default;

    /// <summary>The length of each message in front of it, as an unsigned number. 1 MiB by default.</summary>
    /// <param name="size">The bytes of the length: 1, 2, 3, 4 or 8.</param>
    /// <param name="littleEndian">True: the lowest byte comes first. False: the highest, which is network order.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is none of these.</exception>
    public static MessageFraming LengthPrefix(int size = 4, bool littleEndian = false) =>
        LengthPrefix(new LengthPrefixOptions { Size = size, LittleEndian = littleEndian });

    /// <summary>A length field at any place in the head of each frame. 1 MiB by default.</summary>
    /// <param name="options">Where the length stands and what it counts. They are copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">A property is out of its range.</exception>
    public static MessageFraming LengthPrefix(LengthPrefixOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new LengthPrefixFraming(options);
    }

    /// <summary>
    /// A sequence of bytes behind each message. A message that is sent must not contain it, nor end so that it begins earlier. 8 KiB by
    /// default.
    /// </summary>
    /// <param name="delimiter">At least one byte. It is copied, and it is no part of the message.</param>
    /// <exception cref="ArgumentException"><paramref name="delimiter"/> is empty.</exception>
    public static MessageFraming Delimiter(ReadOnlySpan<byte> delimiter) => new DelimiterFraming(delimiter);

    /// <summary>Messages of one size, with nothing between them. The maximum is this size by default.</summary>
    /// <param name="size">The bytes of each message, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is less than 1.</exception>
    public static MessageFraming FixedSize(int size) => new FixedSizeFraming(size);

    /// <summary>Takes one message off the front of a buffer.</summary>
    /// <param name="buffer">
    /// What was received and not yet taken. When there is a message, it is set to what follows the message's last byte; otherwise it stays.
    /// It may be empty, and a message may lie in many pieces.
    /// </param>
    /// <param name="state">
    /// 0 for each new message. What you store here comes back at the next call for the same message, when more bytes have come: keep how
    /// far a search got, so that it goes on from there.
    /// </param>
    /// <param name="message">The message without what frames it: a slice of <paramref name="buffer"/>.</param>
    /// <returns>True if a whole message was there. False: more bytes are needed.</returns>
    /// <exception cref="FrameException">The bytes can be no message. The connection is aborted.</exception>
    protected internal abstract bool TryParse(
        ref ReadOnlySequence<byte> buffer, ref long state, out ReadOnlySequence<byte> message);

    /// <summary>Writes one message with what frames it.</summary>
    /// <param name="message">The message as the peer's receive hands it out.</param>
    /// <param name="output">Where the bytes go. Write nothing to it before you know that the message can be sent.</param>
    /// <exception cref="ArgumentException">This framing cannot carry the message; nothing was written.</exception>
    /// <exception cref="NotSupportedException">This framing only receives; nothing was written.</exception>
    protected internal abstract void Write(ReadOnlySequence<byte> message, IBufferWriter<byte> output);

    /// <summary>
    /// As the public one, and refuses a message above <paramref name="limit"/> as early as it is known to be: an announced length before
    /// its bytes have come. The caller calls only this one, and sets <paramref name="state"/> to 0 after each message.
    /// </summary>
    internal virtual bool TryParse(
        ref ReadOnlySequence<byte> buffer, ref long state, int limit, out ReadOnlySequence<byte> message)
    {
        // A framing of the user's own. Its frames count whole, so that it does not matter in which pieces they come.
        long before = buffer.Length;
        bool found = TryParse(ref buffer, ref state, out message);
        long frame = found ? before - buffer.Length : before;
        return frame <= limit ? found : throw (found ? FrameException.TooLong(frame, limit) : FrameException.NoEnd(limit));
    }

    /// <summary>
    /// Finds a message that lies in these bytes as a whole, from their start. It is for a caller that has its bytes in one piece of memory
    /// and makes no sequence for each message. False: only <see cref="TryParse(ref ReadOnlySequence{byte}, ref long, int, out
    /// ReadOnlySequence{byte})"/> can tell, with the same state.
    /// </summary>
    internal virtual bool TryFind(ReadOnlySpan<byte> bytes, long state, int limit, out Frame frame)
    {
        frame = default;
        return false;
    }

    /// <summary>As the other one, for memory of the caller.</summary>
    internal virtual void Write(ReadOnlySpan<byte> message, IBufferWriter<byte> output)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(message.Length);
        try
        {
            message.CopyTo(copy);
            Write(new ReadOnlySequence<byte>(copy, 0, message.Length), output);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    /// <summary>Fills in what stands in front of a message, at the end of <paramref name="head"/>.</summary>
    /// <param name="head">Exactly <see cref="ReservedHead"/> bytes.</param>
    /// <param name="message">The message, written already.</param>
    /// <returns>How many bytes at the start of <paramref name="head"/> stay unused, and must not be sent.</returns>
    /// <exception cref="ArgumentException">This framing cannot carry the message.</exception>
    internal virtual int FillHead(Span<byte> head, in ReadOnlySequence<byte> message) => throw new NotSupportedException();

    /// <summary>As the other one, for a message in one piece.</summary>
    internal virtual int FillHead(Span<byte> head, ReadOnlySpan<byte> message) => throw new NotSupportedException();
}
