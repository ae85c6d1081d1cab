using System.Net.Security;
using System.Net.Sockets;
using SocketKit.Telemetry;

namespace SocketKit.Sockets;

/// <summary>What the failure of a TLS handshake means to whoever tries again, counts errors, or knows only codes.</summary>
internal static class HandshakeFaults
{
    /// <summary>
    /// Whether the connection was lost, or time passed, before either side had refused the other: another attempt may end differently.
    /// </summary>
    public static bool IsLoss(TlsException exception) =>
        exception is { PolicyErrors: SslPolicyErrors.None, Alert: null }
        && exception.InnerException is IOException or SocketException or TimeoutException;

    /// <summary>The nearest code of a socket: the error of a connection that was lost; else this side has aborted it.</summary>
    public static SocketError CodeOf(TlsException exception)
    {
        for (Exception? cause = exception.InnerException; cause is not null; cause = cause.InnerException)
        {
            if (cause is TimeoutException)
            {
                return SocketError.TimedOut;
            }

            if (cause is SocketException lost)
            {
                return lost.SocketErrorCode;
            }
        }

        return SocketError.ConnectionAborted;
    }

    /// <summary>The value of error.type.</summary>
    public static string ErrorTypeOf(TlsException exception) =>
        exception.Alert
        ?? PolicyOf(exception.PolicyErrors)
        ?? (CodeOf(exception) is var code && code != SocketError.ConnectionAborted ? ErrorTypes.Of(code) : null)
        ?? (IsLoss(exception) ? ErrorTypes.EndOfStream : typeof(TlsException).FullName!);

    /// <summary>The value of error.type for a handshake that the token, the stop or a limit may have ended.</summary>
    /// <param name="exception">What the handshake threw.</param>
    /// <param name="reason">Why the connection was closed.</param>
    public static string ErrorTypeOf(Exception exception, CloseReason reason) => exception switch
    {
        TlsException refused => ErrorTypeOf(refused),
        OperationCanceledException => ErrorTypes.Canceled,
        _ => ErrorTypes.Of(reason) ?? exception.GetType().FullName!,
    };

    /// <summary>The gravest of the errors: a certificate of somebody else tells more than a chain that has no root.</summary>
    private static string? PolicyOf(SslPolicyErrors errors) => errors switch
    {
        SslPolicyErrors.None => null,
        _ when errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) => "remote_certificate_not_available",
        _ when errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) => "remote_certificate_name_mismatch",
        _ => "remote_certificate_chain_errors",
    };
}
