using System.Buffers;
using System.Globalization;

namespace SocketKit.Framing;

/// <summary>Messages of one size, with nothing between them.</summary>
internal sealed class FixedSizeFraming : StandardFraming
{
    private readonly int _size;

    internal FixedSizeFraming(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        _size = size;
    }

    public override int DefaultMaxMessageSize => _size;

    internal override int ReservedHead => 0;

    internal override bool TryParse(
        ref ReadOnlySequence<byte> buffer, ref long state, int limit, out ReadOnlySequence<byte> message)
    {
        if (_size > limit)
        {
            throw FrameException.TooLong(_size, limit);
        }

        if (buffer.Length < _size)
        {
            message = default;
            return false;
        }

        message = Take(ref buffer, 0, _size, 0);
        return true;
    }

    internal override int FillHead(Span<byte> head, in ReadOnlySequence<byte> message) => Check(message.Length);

    protected override int FillHead(Span<byte> head, ReadOnlySpan<byte> message) => Check(message.Length);

    private int Check(long message) => message == _size
        ? 0
        : throw new ArgumentException(
            string.Create(CultureInfo.InvariantCulture, $"A message of this framing has {_size} bytes, not {message}."), nameof(message));
}
