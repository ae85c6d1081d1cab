using System.Net.Sockets;
using SocketKit.Engine;

namespace SocketKit;

/// <summary>Tells what a socket exception means, independent of the platform's error codes.</summary>
public static class SocketExceptionExtensions
{
    /// <summary>Whether the peer, or the connection to it, is gone: a reset, a broken pipe, or a peer that the kernel gave up on.</summary>
    /// <param name="exception">Any exception; a <see cref="SocketException"/> inside an <see cref="IOException"/> counts.</param>
    /// <returns>
    /// True if the connection failed because of the peer or the network; also a <see cref="TlsException"/> of a handshake in which the
    /// connection was lost before a side had refused the other. False for what this side did: a send after its own
    /// <see cref="StreamConnection.ShutdownSend"/>, a disposed or aborted socket, a cancelled send. False, too, for an
    /// <see cref="EndOfStreamException"/>, and for a connect or a datagram that was refused.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="exception"/> is null.</exception>
    public static bool IsDisconnect(this Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return Find<IConnectionFault>(exception) is { IsDisconnect: true }
            || (Find<SocketException>(exception) is { } found
                and not (SocketTimeoutException or SocketConnectException or SocketOperationException { IsOwnDoing: true })
                && ErrorTable.IsDisconnect(found.SocketErrorCode));
    }

    /// <summary>
    /// Whether a time-out of this library passed, so that the call may be repeated; after a connect or a handshake, with a new connection.
    /// </summary>
    /// <param name="exception">Any exception; a <see cref="SocketTimeoutException"/> inside an <see cref="IOException"/> counts.</param>
    /// <returns>
    /// True for <see cref="SocketTimeoutException"/>, for a connect that exceeded its time-out, and for the <see cref="TlsException"/> of a
    /// handshake that exceeded its own.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="exception"/> is null.</exception>
    public static bool IsTimeout(this Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return Find<IConnectionFault>(exception) is { IsTimeout: true }
            || Find<SocketException>(exception)
                is SocketTimeoutException or SocketConnectException { SocketErrorCode: SocketError.TimedOut };
    }

    private static T? Find<T>(Exception exception)
        where T : class => exception as T ?? (exception as IOException)?.InnerException as T;
}
