using System.Net.Sockets;

namespace SocketKit.Engine;

/// <summary>The only table that says what a system error means.</summary>
internal static class ErrorTable
{
    /// <summary>
    /// Whether the peer, or the connection to it, is gone. EPIPE is reported as <see cref="SocketError.Shutdown"/> on Unix.
    /// </summary>
    public static bool IsDisconnect(SocketError error) => error is
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown or SocketError.NotConnected
        or SocketError.Disconnecting or SocketError.NetworkReset or SocketError.TimedOut;

    /// <summary>The close reason of a connection on which an operation failed with this error.</summary>
    public static CloseReason ReasonOf(SocketError error) => error switch
    {
        SocketError.TimedOut => CloseReason.TimedOut,
        _ when IsDisconnect(error) => CloseReason.PeerReset,
        _ => CloseReason.Error,
    };

    /// <summary>
    /// Whether accept(2) reported an error of the queued connection and not of the listener, so that the next accept may succeed.
    /// AccessDenied and OperationNotSupported do not count: a filter or a security module may refuse the accept and leave the connection
    /// in the queue.
    /// </summary>
    public static bool IsTransientAcceptError(SocketError error) => error is
        SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.NetworkDown or SocketError.NetworkUnreachable
        or SocketError.NetworkReset or SocketError.HostDown or SocketError.HostUnreachable or SocketError.ProtocolNotSupported
        or SocketError.ProtocolOption or SocketError.ProtocolType or SocketError.TimedOut or SocketError.Interrupted;

    /// <summary>
    /// Whether accept(2) failed with EMFILE, ENFILE, ENOBUFS or ENOMEM. The connection stays queued, so an immediate retry would spin.
    /// </summary>
    public static bool IsResourceShortage(SocketError error) =>
        error is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable;
}
