using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Tls;

/// <summary>Says what is wrong with a peer's certificate, as the end of a sentence.</summary>
internal static class CertificateFaults
{
    /// <summary>RFC 5280, section 4.2.1.12.</summary>
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <param name="certificate">The peer's certificate.</param>
    /// <param name="chain">Its chain, as it was built.</param>
    /// <param name="errors">What the check has found.</param>
    /// <param name="host">The name that it was checked against; null if the peer is a client.</param>
    /// <param name="weak">What is weak in the chain; null if nothing is.</param>
    public static string Describe(X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors, string? host, string? weak)
    {
        var found = new List<string>();
        if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0 && host is not null)
        {
            found.Add(Names(certificate, host));
        }

        if ((errors & SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            string[] faults = chain is null ? ["its chain could not be built"] : [.. Chain(chain, host is not null)];
            found.AddRange(faults.Length == 0 && weak is null ? ["its chain is not accepted"] : faults);
            if (weak is not null)
            {
                found.Add(weak);
            }
        }

        return string.Join("; ", found.Distinct());
    }

    /// <summary>What a certificate without fault is for, and what it was checked against; empty if the peer is a client.</summary>
    /// <param name="certificate">The peer's certificate.</param>
    /// <param name="host">The name that it was checked against; null if the peer is a client.</param>
    public static string Checked(X509Certificate2 certificate, string? host) =>
        host is null ? string.Empty : $"; {Names(certificate, host)}";

    private static string Names(X509Certificate2 certificate, string host)
    {
        SubjectNames names = SubjectNames.Of(certificate);
        string checkedAgainst = $"it was checked against {host}";
        if (names.All.Count > 0)
        {
            return $"it is for: {Shown.List(names.All)}; {checkedAgainst}";
        }

        string common = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        return common.Length > 0
            ? $"it has no subject alternative name, and its common name, {Shown.Text(common)}, does not count (RFC 9525); {checkedAgainst}"
            : $"it has no name at all; {checkedAgainst}";
    }

    private static IEnumerable<string> Chain(X509Chain chain, bool isServer)
    {
        bool any = false;
        foreach (X509ChainElement element in chain.ChainElements)
        {
            foreach (X509ChainStatus status in element.ChainElementStatus)
            {
                any = true;
                if (status.Status != X509ChainStatusFlags.NotValidForUsage || LimitsUsage(element.Certificate))
                {
                    yield return Describe(chain, element.Certificate, status, isServer);
                }
            }
        }

        // Some systems only say what is wrong with the whole.
        foreach (X509ChainStatus status in any ? [] : chain.ChainStatus)
        {
            yield return Plain(status);
        }
    }

    private static string Describe(X509Chain chain, X509Certificate2 certificate, X509ChainStatus status, bool isServer)
    {
        bool isPeers = certificate.RawDataMemory.Span.SequenceEqual(chain.ChainElements[0].Certificate.RawDataMemory.Span);
        string who = isPeers ? "it" : $"the certificate {Shown.Text(certificate.Subject)} in its chain";
        return status.Status switch
        {
            X509ChainStatusFlags.NotTimeValid => $"{who} {Validity(certificate)}",
            X509ChainStatusFlags.UntrustedRoot when isPeers =>
                $"it is self-signed ({Shown.Text(certificate.Subject)}), and not among the trusted roots",
            X509ChainStatusFlags.UntrustedRoot =>
                $"its chain ends at {Shown.Text(certificate.Subject)}, which is not among the trusted roots",
            X509ChainStatusFlags.PartialChain =>
                $"the issuer of {(isPeers ? "it" : Shown.Text(certificate.Subject))}, {Shown.Text(certificate.Issuer)}, is unknown: "
                + "it is not among the trusted roots, and the peer has not sent it as an intermediate"
                + (chain.ChainPolicy.CustomTrustStore.Any(root => root.Subject == certificate.Issuer)
                    ? "; the trusted root of that name has another key, so perhaps that authority was made anew" : string.Empty),
            X509ChainStatusFlags.NotValidForUsage => $"{who} may not be used by a {(isServer ? "server" : "client")}{Usage(certificate)}",
            X509ChainStatusFlags.Revoked => $"{who} was revoked",
            X509ChainStatusFlags.RevocationStatusUnknown or X509ChainStatusFlags.OfflineRevocation =>
                $"whether {who} was revoked could not be found out (CheckRevocation)",
            X509ChainStatusFlags.NotSignatureValid =>
                $"{who} has a wrong signature: the {Shown.Text(certificate.Issuer)} that is known here has another key, so perhaps that "
                + "authority was made anew",
            X509ChainStatusFlags.HasWeakSignature => $"{who} has a weak signature ({certificate.SignatureAlgorithm.FriendlyName})",
            _ => $"{who}: {Plain(status)}",
        };
    }

    /// <summary>OpenSSL also blames the issuers of a certificate that forbids the use.</summary>
    private static bool LimitsUsage(X509Certificate2 certificate) =>
        certificate.Extensions.Any(static extension => extension is X509EnhancedKeyUsageExtension);

    private static string Validity(X509Certificate2 certificate)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        return certificate.NotBefore.ToUniversalTime() > now
            ? string.Create(CultureInfo.InvariantCulture, $"is not valid before {certificate.NotBefore.ToUniversalTime():u}")
            : certificate.NotAfter.ToUniversalTime() < now
                ? string.Create(CultureInfo.InvariantCulture, $"has expired on {certificate.NotAfter.ToUniversalTime():u}")
                : "was not valid when it was checked";
    }

    private static string Usage(X509Certificate2 certificate)
    {
        IEnumerable<string> usages = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
            .SelectMany(static extension => extension.EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>())
            .Select(static usage => usage.Value switch
            {
                ServerAuthentication => "servers",
                "1.3.6.1.5.5.7.3.2" => "clients",
                var value => usage.FriendlyName ?? value ?? "?",
            });
        string shown = Shown.List([.. usages]);
        return shown.Length == 0 ? string.Empty : $": its extended key usage is {shown}";
    }

    private static string Plain(X509ChainStatus status) =>
        $"{Shown.Text(status.StatusInformation.Trim().TrimEnd('.'))} ({status.Status})";
}
