namespace SocketKit.Load;

/// <summary>Endless bytes that repeat with a prime period, so that a lost, doubled or shifted byte is seen.</summary>
internal sealed class EchoPattern
{
    private const int Period = 251;

    private readonly byte[] _bytes;

    /// <param name="longest">The longest slice that will be asked for.</param>
    public EchoPattern(int longest)
    {
        _bytes = new byte[Period + longest];
        for (int i = 0; i < _bytes.Length; i++)
        {
            _bytes[i] = (byte)(i % Period);
        }
    }

    public ReadOnlyMemory<byte> Slice(long position, int length) => _bytes.AsMemory((int)(position % Period), length);

    public bool Matches(long position, ReadOnlySpan<byte> received) => received.SequenceEqual(Slice(position, received.Length).Span);
}
