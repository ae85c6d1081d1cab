using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SocketKit.Diagnostics;

namespace SocketKit.Sockets.Serving;

/// <summary>
/// Judges what a handler threw, and tells whoever has to know: a line at Debug for the faults of its own connection and of the peer, an
/// Error and the application's delegate for all others.
/// </summary>
internal sealed class HandlerFaults<TConnection>(IServerOptions<TConnection> options, ILogger logger)
    where TConnection : StreamConnection
{
    /// <param name="exception">What the handler threw.</param>
    /// <param name="connection">Its connection, which was aborted.</param>
    /// <param name="reason">The close reason before the abort.</param>
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
                $"A handler of {connection} threw, and the server has neither a LoggerFactory nor HandlerFailed. "
                + $"Later failures are not written here. {exception}");
        }
    }

    /// <summary>
    /// The loss of another connection of the handler's is its own failure; the loss of the one that it serves is the peer's doing.
    /// </summary>
    private static bool IsOwnFault(Exception cause, TConnection connection, CloseReason reason) => cause switch
    {
        EndOfStreamException => reason == CloseReason.PeerFinished,
        ObjectDisposedException disposed => reason == CloseReason.ServerStopped && disposed.ObjectName == connection.GetType().FullName,
        _ when OriginOf(cause) is { } origin => ReferenceEquals(origin, connection) && (cause.IsTimeout() || cause.IsDisconnect()),
        _ => cause.IsDisconnect() && IsLoss(reason),
    };

    private static bool IsLoss(CloseReason reason) =>
        reason is CloseReason.PeerFinished or CloseReason.PeerReset or CloseReason.TimedOut or CloseReason.ServerStopped;

    /// <summary>The socket that an exception is about; null where the exception does not say.</summary>
    private static SocketBase? OriginOf(Exception cause) => (cause as SocketTimeoutException)?.Origin;

    /// <summary>The exception that streams, handshakes and blocking waits for tasks wrap in their own.</summary>
    private static Exception CauseOf(Exception exception)
    {
        while (exception is IOException or AuthenticationException or AggregateException { InnerExceptions.Count: 1 }
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
            // The application was told, and a failure of its own report has nowhere else to go.
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
            // A delegate that cannot judge has not said that it is the peer's fault.
            return false;
        }
    }
}
