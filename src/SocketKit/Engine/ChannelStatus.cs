namespace SocketKit.Engine;

/// <summary>
/// How an operation of a channel ended. Layer 3 turns everything but <see cref="Success"/> into an exception or a result.
/// </summary>
internal enum ChannelStatus : byte
{
    /// <summary>The count holds the bytes moved; a receive of 0 bytes means that the peer has finished.</summary>
    Success,

    /// <summary>The time-out was zero and the operation would have had to wait.</summary>
    WouldBlock,

    /// <summary>Our own deadline passed; never used for the kernel's ETIMEDOUT.</summary>
    DeadlinePassed,

    /// <summary>The caller's token fired.</summary>
    Canceled,

    /// <summary>This side disposed or aborted the channel.</summary>
    Closed,

    /// <summary>A send after this side's own <see cref="StreamChannel.ShutdownSend"/>.</summary>
    SendShut,

    /// <summary>Another operation of the same direction is under way.</summary>
    Busy,

    /// <summary>
    /// The peer finished before an exact receive was complete, and the count holds what arrived; or a sequenced-packet connection is over.
    /// </summary>
    EndOfStream,

    /// <summary>A queued send was not begun, because a deadline passed when the message before it was sent only in part.</summary>
    NotBegun,

    /// <summary>
    /// A send was abandoned by an exception of the caller's memory, file or thread; or a queued one was not begun, because the message
    /// before it was abandoned when it was sent only in part.
    /// </summary>
    Abandoned,

    /// <summary>The system call failed; the error is in the result.</summary>
    Failed,
}
