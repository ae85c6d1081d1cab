using System.Net;

namespace SocketKit.Tls;

/// <summary>Makes the exception for a handshake that failed.</summary>
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
        string? alert = check.Refusal is null && refusal is null ? TlsAlerts.NameIn(cause) : null;
        string why = check.Refusal is { } fault ? $"the peer's certificate is refused: {fault}"
            : refusal ?? (alert is null ? WhyOf(handshake, cause) : WhyOf(alert));
        return new TlsException(
            $"{handshake.Operation} on {Shown.EndPoints(local, remote)} failed: {why}.", check.Thrown ?? cause, local, remote)
        {
            PolicyErrors = check.Errors,
            HostName = host,
            Alert = alert,
        };
    }

    /// <summary>The same for a call after the handshake.</summary>
    /// <param name="what">The call and the endpoints.</param>
    /// <param name="cause">What SslStream has thrown.</param>
    /// <param name="local">The local address.</param>
    /// <param name="remote">The peer's address.</param>
    public static TlsException ExplainLater(string what, Exception cause, EndPoint? local, EndPoint? remote)
    {
        string? alert = TlsAlerts.NameIn(cause);
        string why = alert is null ? $"no valid record of TLS has come: {Shown.Text((cause.InnerException ?? cause).Message.TrimEnd('.'))}"
            : WhyOf(alert);
        return new TlsException($"{what} failed: {why}.", cause, local, remote) { Alert = alert };
    }

    private static string WhyOf(string alert)
    {
        string? meaning = TlsAlerts.MeaningOf(alert);
        return $"the peer has refused it with the alert {alert}{(meaning is null ? string.Empty : $": {meaning}")}";
    }

    private static string WhyOf(TlsHandshake handshake, Exception cause) => Shown.Text(cause.Message.TrimEnd('.'));
}
