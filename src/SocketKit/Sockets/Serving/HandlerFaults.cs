using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SocketKit.Diagnostics;

namespace SocketKit.Sockets.Serving;

/// <summary>
/// Classifies the exception of a handler and reports it. Faults of its own connection and of the peer are a Debug line. All others are an
/// Error line and a call of the application's delegate.
/// </summary>
/// <param name="options">Who is told.</param>
/// <param name="logger">The logger of the server or the client.</param>
/// <param name="isClient">
/// This side has chosen its peer. If what comes is no message, the address or the framing is wrong, and every connection ends so: that is
/// told. On a server it is what strangers send.
/// </param>
internal sealed class HandlerFaults<TConnection>(IHandlerOptions<TConnection> options, ILogger logger, bool isClient)
    where TConnection : StreamConnection
{
    /// <param name="exception">The exception of the handler.</param>
    /// <param name="connection">The handler's connection, which was aborted.</param>
    /// <param name="reason">The connection's close reason before the abort.</param>
    public void Report(Exception exception, TConnection connection, CloseReason reason)
    {
        if (IsOwnFault(CauseOf(exception), connection, reason) || IsPeerFault(exception))
        {
            Log.HandlerDisconnected(logger, exception, connection.Id, reason);
            return;
        }

        Log.HandlerFailed(logger, exception, connection.Id, connection.RemoteEndPoint);
        if (options.HandlerFailed is { } told)
        {
            Tell(told, connection, exception);
        }
        else if (logger is NullLogger)
        {
            LastResort.Write(
                $"A handler of {connection} threw, and its options have neither a LoggerFactory nor HandlerFailed. "
                + $"Later failures are not written here. {exception}");
        }
    }

    /// <summary>
    /// Whether the fault is that of the served connection. The loss of another connection that the handler uses is the handler's own
    /// failure.
    /// </summary>
    private bool IsOwnFault(Exception cause, TConnection connection, CloseReason reason) => cause switch
    {
        // A client that is refused, or refuses, has dialled the wrong server or has the wrong certificates: that is told. So is a
        // certificate of this side that cannot be used.
        TlsException handshake => ReferenceEquals(handshake.Origin, connection) && !handshake.IsOwnFault
            && (!isClient || HandshakeFaults.IsLoss(handshake)),
        BytesBeforeTlsException bytes => !isClient && ReferenceEquals(bytes.Origin, connection),
        EndOfStreamException => reason == CloseReason.PeerFinished,
        FrameException frame => ReferenceEquals(frame.Origin, connection) && IsByPeer(frame),
        ObjectDisposedException disposed => disposed.ObjectName == connection.GetType().FullName
            && (IsByServer(reason) || (connection.Owner is MessageChannel { Refused: { } frame } && IsByPeer(frame))),
        _ when OriginOf(cause) is { } origin => ReferenceEquals(origin, connection) && (cause.IsTimeout() || cause.IsDisconnect()),
        _ => cause.IsDisconnect() && (IsLoss(reason) || ReferenceEquals((cause as SocketOperationException)?.Origin, connection)),
    };

    private bool IsByPeer(FrameException frame) => !isClient || frame.IsEndInside;

    private static bool IsLoss(CloseReason reason) =>
        IsByServer(reason) || reason is CloseReason.PeerFinished or CloseReason.PeerReset or CloseReason.TimedOut;

    /// <summary>Whether the server closed the connection: it stopped, or the peer has reached a limit.</summary>
    private static bool IsByServer(CloseReason reason) =>
        reason is CloseReason.ServerStopped or CloseReason.IdleTimeout or CloseReason.SlowPeer;

    /// <summary>The socket that the exception is about; null if the exception does not say.</summary>
    private static SocketBase? OriginOf(Exception cause) => (cause as SocketTimeoutException)?.Origin;

    /// <summary>The cause inside the exceptions of streams, TLS handshakes and blocking waits for tasks.</summary>
    private static Exception CauseOf(Exception exception)
    {
        while (exception is IOException or AuthenticationException or AggregateException { InnerExceptions.Count: 1 }
            && exception is not TlsException { Origin: not null }
            && exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception;
    }

    private static void Tell(Action<TConnection, Exception> told, TConnection connection, Exception exception)
    {
        try
        {
            told(connection, exception);
        }
        catch (Exception)
        {
            // The application was told. A failure of its own report has no other place to be reported.
        }
    }

    private bool IsPeerFault(Exception exception)
    {
        try
        {
            return options.IsPeerFault?.Invoke(exception) == true;
        }
        catch (Exception)
        {
            // A delegate that throws has not said that it is the peer's fault.
            return false;
        }
    }
}
