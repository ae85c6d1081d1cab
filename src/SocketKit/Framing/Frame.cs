namespace SocketKit.Framing;

/// <summary>Where a message lies: so many bytes of head, the message, and so many bytes behind it.</summary>
internal readonly record struct Frame(long Head, long Length, long Tail)
{
    public long Size => Head + Length + Tail;
}
