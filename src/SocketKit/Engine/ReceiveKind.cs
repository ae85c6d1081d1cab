namespace SocketKit.Engine;

/// <summary>How much a stream receive takes.</summary>
internal enum ReceiveKind : byte
{
    /// <summary>At least one byte, at most the buffer.</summary>
    Some,

    /// <summary>The whole buffer.</summary>
    Exactly,

    /// <summary>The whole buffer, or nothing if the peer has finished before its first byte.</summary>
    ExactlyOrEnd,

    /// <summary>At least one byte, which stays in the kernel's queue (MSG_PEEK).</summary>
    Peek,
}
