namespace SocketKit.Engine.Streams;

/// <summary>What closing a socket takes beside the system calls of an engine: the drain, and SO_LINGER.</summary>
internal abstract partial class SocketStream
{
    /// <summary>
    /// Unread bytes at close make the kernel send RST (RFC 9293 section 3.6.1); up to this many are read and discarded first.
    /// </summary>
    private const int CloseDrainBytes = 64 * 1024;

    /// <summary>Unread bytes are discarded in parts of this size.</summary>
    private const int CloseDrainPart = 4096;

    /// <summary>
    /// Whether SO_LINGER is on with zero seconds, which asks for RST. The engine asks the kernel, because an accepted socket inherits the
    /// option and anybody who has the socket may set it. A positive time is switched off before close(2), which would wait for so long;
    /// the peer sees no difference.
    /// </summary>
    protected abstract override bool IsToReset();

    /// <summary>Reads and discards unread bytes. The closing thread calls it, on a descriptor that does not block.</summary>
    protected void DiscardUnread()
    {
        Span<byte> scratch = stackalloc byte[CloseDrainPart];
        int received = 1;
        for (int left = CloseDrainBytes; left > 0 && received > 0; left -= received)
        {
            received = ReceiveOnce(scratch[..Math.Min(left, scratch.Length)], wait: false, peek: false, out _);
        }
    }
}
