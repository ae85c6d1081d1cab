namespace SocketKit.Engine.Streams;

/// <summary>
/// A stream over a socket of the system: what is the same on every engine beneath the queue. The kernel reports an error once, to
/// whichever call comes first; handles go with the first byte; unread bytes at close would turn the finish into a reset.
/// </summary>
internal abstract partial class SocketStream : QueuedStream
{
    /// <summary>
    /// Unread bytes at close make the kernel send RST (RFC 9293 section 3.6.1); up to this many are read and discarded first.
    /// </summary>
    private const int CloseDrainBytes = 64 * 1024;

    /// <summary>Unread bytes are discarded in parts of this size.</summary>
    private const int CloseDrainPart = 4096;

    protected abstract override bool CanWaitInKernel { get; }

    protected abstract override void StopWaitingInKernel();

    /// <summary>
    /// Whether SO_LINGER is on with zero seconds, which asks for RST. The system is asked: an accepted socket inherits the option, and
    /// anybody who has the socket may set it. A positive time is switched off before close(2): the call would wait for so long, and the
    /// peer sees no difference.
    /// </summary>
    protected abstract override bool IsToReset();

    /// <summary>By the closing thread, on a descriptor that does not block: takes what is unread, as far as it is little.</summary>
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
