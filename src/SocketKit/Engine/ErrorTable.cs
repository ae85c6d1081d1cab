using System.Net.Sockets;

namespace SocketKit.Engine;

/// <summary>The one table that says what a system error means.</summary>
internal static class ErrorTable
{
    /// <summary>The peer, or the connection to it, is gone. EPIPE arrives as <see cref="SocketError.Shutdown"/> on Unix.</summary>
    public static bool IsDisconnect(SocketError error) => error is
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown or SocketError.NotConnected
        or SocketError.Disconnecting or SocketError.NetworkReset or SocketError.TimedOut;

    /// <summary>Why a connection is over once an operation failed with this error.</summary>
    public static CloseReason ReasonOf(SocketError error) => error switch
    {
        SocketError.TimedOut => CloseReason.TimedOut,
        _ when IsDisconnect(error) => CloseReason.PeerReset,
        _ => CloseReason.Error,
    };

    /// <summary>accept(2): errors of the connection that was waiting, not of the listener; the next accept may well succeed. AccessDenied
    /// and OperationNotSupported are not among them: a filter or a security module may refuse the accept and leave the connection in the
    /// queue.</summary>
    public static bool IsTransientAcceptError(SocketError error) => error is
        SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.NetworkDown or SocketError.NetworkUnreachable
        or SocketError.NetworkReset or SocketError.HostDown or SocketError.HostUnreachable or SocketError.ProtocolNotSupported
        or SocketError.ProtocolOption or SocketError.ProtocolType or SocketError.TimedOut or SocketError.Interrupted;

    /// <summary>accept(2): EMFILE, ENFILE, ENOBUFS, ENOMEM. The connection stays queued, so trying again at once would spin.</summary>
    public static bool IsResourceShortage(SocketError error) =>
        error is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable;
}
