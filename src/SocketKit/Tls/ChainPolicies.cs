using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Tls;

/// <summary>What the chain of a peer's certificate is checked for.</summary>
internal static class ChainPolicies
{
    /// <summary>Made for each handshake, because SslStream adds the certificates that the peer has sent.</summary>
    public static X509ChainPolicy Make(X509Certificate2Collection? roots, bool checkRevocation, TimeSpan timeout)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = checkRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck,
            RevocationFlag = X509RevocationFlag.ExcludeRoot,

            // A peer has to send its intermediates (RFC 8446, section 4.4.2). A peer that names a place for them could send us anywhere.
            DisableCertificateDownloads = true,
        };
        if (timeout > TimeSpan.Zero)
        {
            policy.UrlRetrievalTimeout = timeout;
        }

        if (roots is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            foreach (X509Certificate2 root in roots)
            {
                (IsRoot(root) ? policy.CustomTrustStore : policy.ExtraStore).Add(root);
            }
        }

        return policy;
    }

    /// <summary>Whether a certificate names itself as its issuer, so that a chain can end there.</summary>
    public static bool IsRoot(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}
