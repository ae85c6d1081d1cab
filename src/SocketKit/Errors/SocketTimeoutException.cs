using System.Net.Sockets;

namespace SocketKit;

/// <summary>
/// A deadline of this library passed. The connection stays usable: call again. A dead connection that the kernel gave up on is a plain
/// <see cref="SocketException"/> with <see cref="SocketError.TimedOut"/> instead.
/// </summary>
public sealed class SocketTimeoutException : SocketException
{
    internal SocketTimeoutException(string message, string operation, TimeSpan timeout, long bytesTransferred)
        : base((int)SocketError.TimedOut, message)
    {
        Operation = operation;
        Timeout = timeout;
        BytesTransferred = bytesTransferred;
    }

    /// <summary>Bytes that had moved when the deadline passed.</summary>
    /// <value>0 for a receive or accept; for a send what the kernel already has, so that the caller can go on there or abort.</value>
    public long BytesTransferred { get; }

    /// <summary>What timed out, as in the message: "receive", "send", "accept".</summary>
    public string Operation { get; }

    /// <summary>The socket whose deadline it was, so that a server knows its own connection's from others.</summary>
    internal SocketBase? Origin { get; init; }

    /// <summary>The time-out that applied.</summary>
    public TimeSpan Timeout { get; }
}
