using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Tls;

/// <summary>Decides about the peer's certificate in one handshake, and keeps why it was refused.</summary>
/// <param name="isClient">Whether the peer is a server, so that its name is checked.</param>
/// <param name="host">The name or address that its certificate must be for; null on a server.</param>
/// <param name="isOptional">Whether a peer without a certificate is served.</param>
/// <param name="validation">The caller's own check; null for the usual one.</param>
internal sealed class PeerCheck(
    bool isClient, string? host, bool isOptional, Func<X509Certificate2, X509Chain, SslPolicyErrors, bool>? validation)
{
    /// <summary>What was wrong with a certificate that was refused.</summary>
    public SslPolicyErrors Errors { get; private set; }

    /// <summary>Why the certificate was refused, as the end of a sentence; null if it was not.</summary>
    public string? Refusal { get; private set; }

    /// <summary>What the caller's check has thrown.</summary>
    public Exception? Thrown { get; private set; }

    /// <summary>A <see cref="RemoteCertificateValidationCallback"/> that does not throw: SslStream would pass it on as it is.</summary>
    public bool Decide(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        try
        {
            return certificate is null ? DecideWithout() : Decide(AsSecond(certificate), chain, errors);
        }
        catch (Exception exception)
        {
            // A certificate that cannot be read is not accepted.
            return Refuse(errors, $"it could not be checked: {Shown.Text(exception.Message)}", exception);
        }
    }

    private bool DecideWithout() => isOptional || Refuse(
        SslPolicyErrors.RemoteCertificateNotAvailable,
        isClient ? "the server has sent none" : "the client has sent none, and ClientCertificates.Require asks for one",
        null);

    private bool Decide(X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (host is not null && !SubjectNames.Of(certificate).Fit(host))
        {
            // SslStream also accepts the common name where there is no alternative name.
            errors |= SslPolicyErrors.RemoteCertificateNameMismatch;
        }

        string? weak = WeakCertificates.FaultOf(certificate, chain);
        if (weak is not null)
        {
            errors |= SslPolicyErrors.RemoteCertificateChainErrors;
        }

        string found = errors == SslPolicyErrors.None ? string.Empty : CertificateFaults.Describe(certificate, chain, errors, host, weak);
        return validation is null
            ? errors == SslPolicyErrors.None || Refuse(errors, found, null)
            : DecideBy(validation, certificate, chain, errors, found);
    }

    private bool DecideBy(
        Func<X509Certificate2, X509Chain, SslPolicyErrors, bool> decide,
        X509Certificate2 certificate,
        X509Chain? chain,
        SslPolicyErrors errors,
        string found)
    {
        string name = isClient
            ? nameof(TlsClientOptions.DangerousServerCertificateValidation)
            : nameof(TlsServerOptions.DangerousClientCertificateValidation);
        string suffix = errors == SslPolicyErrors.None
            ? $" (the usual check has found no fault{CertificateFaults.Checked(certificate, host)})"
            : $" (the usual check has found {errors}: {found})";
        try
        {
            using X509Chain? made = chain is null ? new X509Chain() : null;
            return decide(certificate, chain ?? made!, errors) || Refuse(errors, $"{name} has said no{suffix}", null);
        }
        catch (Exception exception)
        {
            // The caller's code; its failure means no.
            return Refuse(errors, $"{name} has thrown {exception.GetType().Name}: {Shown.Text(exception.Message)}{suffix}", exception);
        }
    }

    private bool Refuse(SslPolicyErrors errors, string refusal, Exception? thrown)
    {
        (Errors, Refusal, Thrown) = (errors, refusal, thrown);
        return false;
    }

    private static X509Certificate2 AsSecond(X509Certificate certificate) =>
        certificate as X509Certificate2 ?? X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
}
