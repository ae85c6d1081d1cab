namespace SocketKit.Load;

/// <summary>What one plain connection has received, as whole messages of one size.</summary>
/// <param name="size">Bytes of a message.</param>
/// <param name="messages">How many of them a receive takes at most.</param>
internal sealed class MessageInput(int size, int messages)
{
    private readonly byte[] _buffer = new byte[size * messages];
    private int _whole;
    private int _end;

    public bool IsBetweenMessages => _whole == _end;

    /// <summary>Where the next bytes go. The messages that were given before are no longer valid.</summary>
    public Span<byte> Free()
    {
        _buffer.AsSpan(_whole, _end - _whole).CopyTo(_buffer);
        _end -= _whole;
        _whole = 0;
        return _buffer.AsSpan(_end);
    }

    /// <summary>Gives the messages that are whole now that so many bytes have come.</summary>
    public ReadOnlySpan<byte> Add(int received)
    {
        _end += received;
        _whole = _end - (_end % size);
        return _buffer.AsSpan(0, _whole);
    }
}
