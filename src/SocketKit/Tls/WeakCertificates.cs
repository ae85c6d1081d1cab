using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Tls;

/// <summary>
/// Certificates that can be forged. The check of the system lets some of them pass: it depends on settings that belong to this side's own
/// certificate only.
/// </summary>
internal static class WeakCertificates
{
    /// <summary>RFC 9325, section 4.5: below that RSA has less than 112 bits of security.</summary>
    private const int LeastRsaBits = 2048;

    /// <summary>rsaEncryption (RFC 8017).</summary>
    private const string Rsa = "1.2.840.113549.1.1.1";

    /// <summary>RFC 3279, section 2.2, and RFC 9155: signatures with MD2, MD5 and SHA-1.</summary>
    private static readonly Dictionary<string, string> s_weakSignatures = new()
    {
        ["1.2.840.113549.1.1.2"] = "MD2",
        ["1.2.840.113549.1.1.4"] = "MD5",
        ["1.2.840.113549.1.1.5"] = "SHA-1",
        ["1.3.14.3.2.29"] = "SHA-1",
        ["1.2.840.10040.4.3"] = "SHA-1",
        ["1.2.840.10045.4.1"] = "SHA-1",
    };

    /// <summary>What is weak, as the end of a sentence; null if nothing is.</summary>
    public static string? FaultOf(X509Certificate2 certificate)
    {
        if (certificate.PublicKey.Oid.Value == Rsa)
        {
            using RSA? key = certificate.GetRSAPublicKey();
            if (key?.KeySize < LeastRsaBits)
            {
                return $"has an RSA key of {key.KeySize} bits, less than {LeastRsaBits} (RFC 9325)";
            }
        }

        // Nobody relies on the signature of a certificate that has issued itself.
        string algorithm = certificate.SignatureAlgorithm.Value ?? string.Empty;
        return !ChainPolicies.IsRoot(certificate) && s_weakSignatures.TryGetValue(algorithm, out string? hash)
            ? $"is signed with {hash} (RFC 9155)"
            : null;
    }

    /// <summary>The same for all certificates that a chain relies on, which its root is not one of, unless it is the peer's own.</summary>
    public static string? FaultOf(X509Certificate2 certificate, X509Chain? chain)
    {
        if (FaultOf(certificate) is { } fault)
        {
            return $"it {fault}";
        }

        foreach (X509ChainElement element in (chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>()).Skip(1))
        {
            if (!ChainPolicies.IsRoot(element.Certificate) && FaultOf(element.Certificate) is { } above)
            {
                return $"the certificate {Shown.Text(element.Certificate.Subject)} in its chain {above}";
            }
        }

        return null;
    }
}
