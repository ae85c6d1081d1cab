using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

/// <summary>A certificate that is made here, in place of one from a certificate authority.</summary>
internal static class Certificates
{
    /// <summary>Makes a certificate for localhost that is signed by its own key, so it is its own root.</summary>
    public static X509Certificate2 MakeForLocalhost()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);

        // Clients compare the host that they wanted with these names, not with the CN above (RFC 9525).
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());

        // What the certificate is for: 1.3.6.1.5.5.7.3.1 is TLS server authentication (RFC 5280 section 4.2.1.12).
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: true));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 made = request.CreateSelfSigned(now.AddMinutes(-5), now.AddHours(1));

        // Exported and loaded again, because some systems take no key that lives in memory only.
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), password: null);
    }
}
