using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Tls;

/// <summary>Copies of certificates, so that the caller can dispose its own. The TLS of the system can use their private keys.</summary>
internal static class CertificateCopies
{
    /// <summary>A copy with the same key.</summary>
    /// <exception cref="ArgumentException">It has no key, was disposed, or is weak.</exception>
    public static X509Certificate2 WithKey(X509Certificate2 certificate, string parameter)
    {
        try
        {
            string? fault = certificate.HasPrivateKey
                ? WeakCertificates.FaultOf(certificate) is { } weak ? $"{weak}; peers refuse it." : null
                : "has no private key. Load it together with its key.";
            return fault is null
                ? OperatingSystem.IsWindows() && IsEphemeral(certificate) ? Persist(certificate) : new X509Certificate2(certificate)
                : throw new ArgumentException($"The certificate {Shown.Text(certificate.Subject)} {fault}", parameter);
        }
        catch (CryptographicException exception)
        {
            // X509Certificate2 throws this where others throw ObjectDisposedException.
            throw new ArgumentException("The certificate was disposed, or cannot be read.", parameter, exception);
        }
    }

    /// <summary>Copies without keys.</summary>
    /// <exception cref="ArgumentException">One was disposed.</exception>
    public static X509Certificate2Collection WithoutKeys(X509Certificate2Collection certificates, string parameter)
    {
        try
        {
            return [.. certificates.Select(static one => X509CertificateLoader.LoadCertificate(one.RawData))];
        }
        catch (CryptographicException exception)
        {
            // The same.
            throw new ArgumentException("A certificate in it was disposed, or cannot be read.", parameter, exception);
        }
    }

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
