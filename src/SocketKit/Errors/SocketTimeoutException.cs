using System.Net;
using System.Net.Sockets;

namespace SocketKit;

/// <summary>
/// A deadline of this library passed. The connection stays usable: call again. A dead connection that the kernel gave up on is a plain
/// <see cref="SocketOperationException"/> with <see cref="SocketError.TimedOut"/> instead.
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

    /// <summary>Bytes that had moved when the deadline passed.</summary>
    /// <value>0 for a receive or accept; for a send what the kernel already has, so that the caller can go on there or abort.</value>
    public long BytesTransferred { get; }

    /// <summary>The time-out that applied.</summary>
    public TimeSpan Timeout { get; }
}
