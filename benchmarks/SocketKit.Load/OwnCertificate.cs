using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Load;

/// <summary>What servers show that are measured with TLS: a certificate that nobody has signed, with a key for ECDSA on P-256.</summary>
internal static class OwnCertificate
{
    /// <summary>For <c>localhost</c>, valid for a day.</summary>
    public static X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

        // Windows does TLS only with keys that come from a store.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
