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

    internal override bool TryFind(ReadOnlySpan<byte> bytes, long state, int limit, out Frame frame) =>
        TryFind(bytes.Length, limit, out frame);

    internal override int FillHead(Span<byte> head, in ReadOnlySequence<byte> message) => Check(message.Length);

    internal override int FillHead(Span<byte> head, ReadOnlySpan<byte> message) => Check(message.Length);

    protected override bool TryFind(in ReadOnlySequence<byte> buffer, ref long state, int limit, out Frame frame) =>
        TryFind(buffer.Length, limit, out frame);

    private bool TryFind(long available, int limit, out Frame frame)
    {
        frame = new(0, _size, 0);
        return _size <= limit ? available >= _size : throw FrameException.TooLong(_size, limit);
    }

    private int Check(long message) => message == _size
        ? 0
        : throw new ArgumentException(
            string.Create(CultureInfo.InvariantCulture, $"A message of this framing has {_size} bytes, not {message}."), nameof(message));
}
