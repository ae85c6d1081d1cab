using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using SocketKit.Engine;

namespace SocketKit.Tls;

/// <summary>
/// Makes the exception for a handshake that failed. What this side has refused is known exactly; all else is told from the types and
/// numbers of exceptions, because their texts may be trimmed away.
/// </summary>
internal static class TlsFaults
{
    /// <param name="handshake">The handshake.</param>
    /// <param name="check">What was found about the peer's certificate.</param>
    /// <param name="refusal">Why this side has refused the peer for another reason; null if it has not.</param>
    /// <param name="host">The name that the peer's certificate was checked against.</param>
    /// <param name="cause">What SslStream has thrown, or the transport.</param>
    /// <param name="local">The local address.</param>
    /// <param name="remote">The peer's address.</param>
    public static TlsException Explain(
        TlsHandshake handshake, PeerCheck check, string? refusal, string? host, Exception cause, EndPoint? local, EndPoint? remote)
    {
        bool isOwnRefusal = check.Refusal is not null || refusal is not null;
        string? alert = isOwnRefusal ? null : TlsAlerts.NameIn(cause) ?? TlsAlerts.NameIn(handshake.FirstBytes.Span);
        bool isOwnFault = !isOwnRefusal && alert is null && IsOwnFault(cause);
        bool isOpen = !isOwnRefusal && alert is null && !isOwnFault;
        string why = check.Refusal is { } fault
            ? (check.Errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)
                ? $"the peer has no certificate: {fault}"
                : $"the peer's certificate is refused: {fault}")
            : refusal ?? (alert is not null ? TlsAlerts.Describe(alert)
            : isOwnFault ? OwnFault(cause)
            : WhyOf(handshake, cause, (local ?? remote) is UnixDomainSocketEndPoint ? "there" : "on this port"));
        return new TlsException(
            $"{handshake.Operation} on {Shown.EndPoints(local, remote)} failed: {why}.", check.Thrown ?? cause, local, remote)
        {
            PolicyErrors = check.Errors,
            HostName = host,
            Alert = alert,
            IsOwnFault = isOwnFault,
            IsTimeout = isOpen && IsTimeout(cause),
            IsDisconnect = isOpen && IsDisconnect(cause),
        };
    }

    /// <summary>The same for a call after the handshake.</summary>
    /// <param name="what">The call and the endpoints.</param>
    /// <param name="host">The name that the peer's certificate was checked against.</param>
    /// <param name="cause">What SslStream has thrown.</param>
    /// <param name="local">The local address.</param>
    /// <param name="remote">The peer's address.</param>
    public static TlsException ExplainLater(string what, string? host, Exception cause, EndPoint? local, EndPoint? remote)
    {
        string? alert = TlsAlerts.NameIn(cause);
        string why = alert is null
            ? $"no valid record of TLS has come: {OpenSslReasons.Describe(cause) ?? Shown.Text(Innermost(cause).Message.TrimEnd('.'))}"
            : TlsAlerts.Describe(alert);
        return new TlsException($"{what} failed: {why}.", cause, local, remote) { HostName = host, Alert = alert };
    }

    /// <param name="handshake">The handshake.</param>
    /// <param name="cause">What SslStream has thrown, or the transport.</param>
    /// <param name="where">Where the peer does not speak TLS, if it does not.</param>
    private static string WhyOf(TlsHandshake handshake, Exception cause, string where) => cause switch
    {
        _ when IsTimeout(cause) =>
            $"the peer has not finished it within {Shown.Duration(handshake.Timeout)} (HandshakeTimeout)",
        _ when Find<SocketException>(cause) is { } system => Reset(system.SocketErrorCode),

        // SslStream, when the first record holds no hello, so that nothing was asked for a certificate.
        NotSupportedException => "the peer has not begun with a ClientHello",

        // SslStream could not read the head of a record.
        AuthenticationException { InnerException: null } => NotTls(handshake, cause, where),

        // SslStream, where the transport has ended.
        _ when IsEnd(cause) =>
            "the peer has closed the connection before the handshake was over. It has sent no alert; its log may say why",

        // RFC 8446, sections 5.1 and 4: a record of a handshake, whose first message is a ClientHello.
        _ when handshake is ClientHandshake && handshake.FirstBytes.Span is [22, 3, _, _, _, 1, ..] =>
            $"the peer does not speak TLS as a server {where}: it has answered with a ClientHello, as whoever echoes what it gets",
        _ => OpenSslReasons.Describe(cause) ?? Shown.Text(Innermost(cause).Message.TrimEnd('.')),
    };

    private static bool IsTimeout(Exception cause) => cause is OperationCanceledException or TimeoutException;

    private static bool IsEnd(Exception cause) => cause is IOException { InnerException: null } or EndOfStreamException;

    private static bool IsDisconnect(Exception cause) => !IsTimeout(cause)
        && (Find<SocketException>(cause) is { } system ? ErrorTable.IsDisconnect(system.SocketErrorCode) : IsEnd(cause));

    private static string NotTls(TlsHandshake handshake, Exception cause, string where) => handshake.FirstBytes.Span switch
    {
        [] => $"the peer has not sent a TLS record, so it does not speak TLS {where}",

        // RFC 8446, section 5.1: alert or handshake, and the major version. So what is wrong came later.
        [21 or 22, 3, ..] => Shown.Text(cause.Message.TrimEnd('.')),
        var bytes => $"the peer does not speak TLS {where}: its first bytes were \"{Shown.Bytes(bytes)}\"",
    };

    private static string Reset(SocketError error) => error is SocketError.ConnectionReset or SocketError.ConnectionAborted
        ? $"the peer has reset the connection before the handshake was over ({error}). It has sent no alert; its log may say why"
        : $"the connection failed ({error})";

    /// <summary>The certificate of this side cannot be used, so that every handshake fails.</summary>
    private static bool IsOwnFault(Exception cause) =>
        Find<ObjectDisposedException>(cause)?.ObjectName == typeof(TlsCertificate).FullName || OpenSslReasons.IsOfOwnCertificate(cause);

    private static string OwnFault(Exception cause) => Find<ObjectDisposedException>(cause) is not null
        ? "the certificate of this side was disposed"
        : $"the certificate of this side cannot be used: {OpenSslReasons.Describe(cause)}";

    private static T? Find<T>(Exception exception)
        where T : Exception
    {
        Exception? each = exception;
        while (each is not null and not T)
        {
            each = each.InnerException;
        }

        return (T?)each;
    }

    private static Exception Innermost(Exception exception) => exception.GetBaseException();
}
