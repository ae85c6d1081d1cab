using System.Net.Sockets;
using SocketKit.Engine;

namespace SocketKit;

/// <summary>Tells what a socket exception means, independent of the platform's error codes.</summary>
public static class SocketExceptionExtensions
{
    /// <summary>Whether the peer, or the connection to it, is gone: a reset, a broken pipe, or a peer that the kernel gave up on.</summary>
    /// <param name="exception">Any exception; a <see cref="SocketException"/> inside an <see cref="IOException"/> counts.</param>
    /// <returns>
    /// True if the connection failed because of the peer or the network. False for what this side did: a send after its own
    /// <see cref="StreamConnection.ShutdownSend"/>, a disposed or aborted socket, a cancelled send. False, too, for an
    /// <see cref="EndOfStreamException"/>, and for a connect or a datagram that was refused.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="exception"/> is null.</exception>
    public static bool IsDisconnect(this Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return SocketExceptionOf(exception) is { } found
            and not (SocketTimeoutException or SocketConnectException or SocketOperationException { IsOwnDoing: true })
            && ErrorTable.IsDisconnect(found.SocketErrorCode);
    }

    /// <summary>Whether a time-out of this library passed, so that the call may be repeated.</summary>
    /// <param name="exception">Any exception; a <see cref="SocketTimeoutException"/> inside an <see cref="IOException"/> counts.</param>
    /// <returns>True for <see cref="SocketTimeoutException"/>, and for a connect that exceeded its time-out.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="exception"/> is null.</exception>
    public static bool IsTimeout(this Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return SocketExceptionOf(exception) is SocketTimeoutException or SocketConnectException { SocketErrorCode: SocketError.TimedOut };
    }

    private static SocketException? SocketExceptionOf(Exception exception) =>
        exception as SocketException ?? (exception as IOException)?.InnerException as SocketException;
}
