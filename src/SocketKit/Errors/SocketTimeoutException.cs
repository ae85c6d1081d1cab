using System.Net;
using System.Net.Sockets;

namespace SocketKit;

/// <summary>
/// A time-out of this library passed. The connection stays usable: call again. When the kernel gives up on a dead peer, the exception is a
/// plain <see cref="SocketOperationException"/> with <see cref="SocketError.TimedOut"/> instead.
/// </summary>
public sealed class SocketTimeoutException : SocketOperationException
{
    internal SocketTimeoutException(
        string message,
        string operation,
        TimeSpan timeout,
        long bytesTransferred,
        EndPoint? localEndPoint = null,
        EndPoint? remoteEndPoint = null)
        : base(SocketError.TimedOut, message, operation, localEndPoint, remoteEndPoint)
    {
        Timeout = timeout;
        BytesTransferred = bytesTransferred;
    }

    /// <summary>The number of bytes that were transferred before the deadline passed.</summary>
    /// <value>
    /// 0 for an accept and for a receive, except <c>ReceiveExactly</c>: there it counts the bytes in the buffer. For a send it counts the
    /// bytes that the kernel has, so that the caller can continue from there or abort.
    /// </value>
    public long BytesTransferred { get; }

    /// <summary>The time-out that applied.</summary>
    public TimeSpan Timeout { get; }
}
