using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace SocketKit.Framing;

/// <summary>A length at a fixed place of the head: the arithmetic of the length-field decoders of Netty and DotNetty.</summary>
internal sealed class LengthPrefixFraming : StandardFraming
{
    /// <summary>The type of a record with a handshake (RFC 8446, section 5.1).</summary>
    private const byte TlsHandshake = 22;

    /// <summary>The upper byte of a record's version (RFC 8446, section 5.1).</summary>
    private const byte TlsMajorVersion = 3;

    private readonly int _size;
    private readonly bool _littleEndian;
    private readonly int _offset;
    private readonly int _adjustment;
    private readonly int _strip;

    /// <summary>The bytes up to the end of the length.</summary>
    private readonly int _head;

    /// <summary>The length in the frame and this make the length of the message.</summary>
    private readonly long _difference;

    /// <summary>The largest number that is written. Many peers read four bytes as signed, so they never hold 2^31 and more.</summary>
    private readonly long _most;

    internal LengthPrefixFraming(LengthPrefixOptions options)
    {
        options.Validate();
        _size = options.Size;
        _littleEndian = options.LittleEndian;
        _offset = options.Offset;
        _adjustment = options.Adjustment;
        _head = _offset + _size;
        _strip = options.Strip ?? _head;
        _difference = (long)_adjustment + _head - _strip;
        _most = _size < 4 ? (1L << (8 * _size)) - 1 : _size == 4 ? int.MaxValue : long.MaxValue;
    }

    public override int DefaultMaxMessageSize => Mebibyte;

    /// <summary>A length within the message is filled in on the way, and a head that was taken off cannot be made again.</summary>
    internal override int ReservedHead => IsPrefix ? _size : -1;

    /// <summary>The length is the whole head, and it is taken off.</summary>
    private bool IsPrefix => _offset == 0 && _strip == _size;

    protected internal override void Write(ReadOnlySequence<byte> message, IBufferWriter<byte> output)
    {
        if (IsPrefix)
        {
            base.Write(message, output);
            return;
        }

        Span<byte> field = stackalloc byte[8];
        field = field[.._size];
        FillWithin(field, message.Length);
        Copy(message.Slice(0, _offset), output);
        output.Write(field);
        Copy(message.Slice(_head), output);
    }

    internal override void Write(ReadOnlySpan<byte> message, IBufferWriter<byte> output)
    {
        if (IsPrefix)
        {
            base.Write(message, output);
            return;
        }

        Span<byte> field = stackalloc byte[8];
        field = field[.._size];
        FillWithin(field, message.Length);
        Span<byte> span = output.GetSpan(message.Length);
        message.CopyTo(span);
        field.CopyTo(span[_offset..]);
        output.Advance(message.Length);
    }

    internal override bool TryFind(ReadOnlySpan<byte> bytes, long state, int limit, out Frame frame)
    {
        if (bytes.Length < _head)
        {
            frame = default;
            return false;
        }

        frame = Measure(Read(bytes[_offset..]), limit);
        return bytes.Length >= frame.Size;
    }

    internal override int FillHead(Span<byte> head, in ReadOnlySequence<byte> message) => Fill(head, message.Length);

    internal override int FillHead(Span<byte> head, ReadOnlySpan<byte> message) => Fill(head, message.Length);

    protected override bool TryFind(in ReadOnlySequence<byte> buffer, ref long state, int limit, out Frame frame)
    {
        if (buffer.Length < _head)
        {
            frame = default;
            return false;
        }

        Span<byte> field = stackalloc byte[8];
        buffer.Slice(_offset, _size).CopyTo(field);
        frame = Measure(Read(field), limit);
        return buffer.Length >= frame.Size;
    }

    private static void Copy(in ReadOnlySequence<byte> message, IBufferWriter<byte> output)
    {
        foreach (ReadOnlyMemory<byte> piece in message)
        {
            output.Write(piece.Span);
        }
    }

    private Frame Measure(long value, int limit)
    {
        // Neither side can overflow: a value of eight bytes above long.MaxValue is negative here.
        if (value < 0 || value - limit > -_difference)
        {
            throw TooLong(value, limit);
        }

        long length = value + _difference;
        return length >= 0 && value + _adjustment >= 0 ? new(_strip, length, 0) : throw TooShort(value);
    }

    private long Read(ReadOnlySpan<byte> field) => (_size, _littleEndian) switch
    {
        (4, false) => BinaryPrimitives.ReadUInt32BigEndian(field),
        (4, true) => BinaryPrimitives.ReadUInt32LittleEndian(field),
        (2, false) => BinaryPrimitives.ReadUInt16BigEndian(field),
        (2, true) => BinaryPrimitives.ReadUInt16LittleEndian(field),
        (3, false) => (field[0] << 16) | (field[1] << 8) | field[2],
        (3, true) => field[0] | (field[1] << 8) | (field[2] << 16),
        (8, false) => BinaryPrimitives.ReadInt64BigEndian(field),
        (8, true) => BinaryPrimitives.ReadInt64LittleEndian(field),
        _ => field[0],
    };

    /// <summary>Makes the length of a frame that is sent whole.</summary>
    private void FillWithin(Span<byte> field, long message)
    {
        if (_strip != 0)
        {
            throw new NotSupportedException(string.Create(
                CultureInfo.InvariantCulture,
                $"This framing only receives: it takes {_strip} bytes off each frame and cannot make them anew. With Strip = 0 it sends."));
        }

        if (message < _head)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"A whole frame has at least {_head} bytes, this message has {message}."),
                nameof(message));
        }

        Fill(field, message);
    }

    private int Fill(Span<byte> field, long message)
    {
        long value = message - _difference;
        if (value < 0 || value > _most)
        {
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"A message of {message} bytes needs the length {value}; the field of {_size} bytes holds 0 to {_most}."),
                nameof(message));
        }

        Put(field, value);
        return 0;
    }

    private void Put(Span<byte> field, long value)
    {
        switch (_size, _littleEndian)
        {
            case (4, false):
                BinaryPrimitives.WriteUInt32BigEndian(field, (uint)value);
                break;
            case (4, true):
                BinaryPrimitives.WriteUInt32LittleEndian(field, (uint)value);
                break;
            case (2, false):
                BinaryPrimitives.WriteUInt16BigEndian(field, (ushort)value);
                break;
            case (2, true):
                BinaryPrimitives.WriteUInt16LittleEndian(field, (ushort)value);
                break;
            case (3, false):
                (field[0], field[1], field[2]) = ((byte)(value >> 16), (byte)(value >> 8), (byte)value);
                break;
            case (3, true):
                (field[0], field[1], field[2]) = ((byte)value, (byte)(value >> 8), (byte)(value >> 16));
                break;
            case (8, false):
                BinaryPrimitives.WriteInt64BigEndian(field, value);
                break;
            case (8, true):
                BinaryPrimitives.WriteInt64LittleEndian(field, value);
                break;
            default:
                field[0] = (byte)value;
                break;
        }
    }

    private FrameException TooLong(long value, int limit) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"the peer announced a message that is too long: its length field says {(ulong)value}{Hint(value)}; "
            + $"the limit is {limit} bytes."),
        value < 0 || value > long.MaxValue - Math.Max(_difference, 0) ? long.MaxValue : value + _difference,
        limit);

    /// <summary>Says so if the bytes of the length look like the beginning of another protocol.</summary>
    private string Hint(long value)
    {
        Span<byte> field = stackalloc byte[8];
        field = field[.._size];
        Put(field, value);
        return _size > 2 && field.IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0
            ? $" (these are the bytes \"{Encoding.ASCII.GetString(field)}\")"
            : _offset == 0 && _size > 1 && field is [TlsHandshake, TlsMajorVersion, ..]
                ? " (these bytes begin a TLS handshake)"
                : string.Empty;
    }

    private FrameException TooShort(long value) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"the peer announced a frame shorter than its head: length field {value} makes {value + _adjustment + _head} bytes."),
        value);
}
