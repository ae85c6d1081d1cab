using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Tls;

/// <summary>Copies of certificates whose private key the TLS of the system can use.</summary>
internal static class KeyStorage
{
    /// <summary>A copy with the same key.</summary>
    public static X509Certificate2 Copy(X509Certificate2 certificate) =>
        OperatingSystem.IsWindows() && IsEphemeral(certificate) ? Persist(certificate) : new X509Certificate2(certificate);

    /// <summary>The certificate itself, or on Windows a copy, after which it is disposed.</summary>
    public static X509Certificate2 Usable(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        using (certificate)
        {
            return Persist(certificate);
        }
    }

    /// <summary>Schannel does not see keys that are in memory only; loading PKCS#12 gives the key a place of its own.</summary>
    private static X509Certificate2 Persist(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);

    [System.Runtime.Versioning.SupportedOSPlatform("windows")]
    private static bool IsEphemeral(X509Certificate2 certificate)
    {
        using RSA? rsa = certificate.GetRSAPrivateKey();
        using ECDsa? ecdsa = certificate.GetECDsaPrivateKey();
        return (rsa, ecdsa) switch
        {
            (RSACng { Key.IsEphemeral: true }, _) => true,
            (_, ECDsaCng { Key.IsEphemeral: true }) => true,
            _ => false,
        };
    }
}
