using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>A root of the tests' own, and certificates that it has signed. Made once per process.</summary>
internal static class Identities
{
    private static readonly X509Certificate2 s_root = MakeRoot();
    private static readonly X509Certificate2 s_server = Sign("localhost", IPAddress.Loopback, IPAddress.IPv6Loopback);

    /// <summary>For "localhost" and the loopback addresses.</summary>
    public static TlsCertificate Server { get; } = TlsCertificate.From(s_server);

    /// <summary>For another name, signed by the same root.</summary>
    public static TlsCertificate Other { get; } = TlsCertificate.From(Sign("other.example"));

    /// <summary>The server's certificate for plain peers.</summary>
    public static X509Certificate2 PlainServer => s_server;

    public static X509Certificate2Collection Roots => [s_root];

    /// <summary>Writes the server's certificate, its key and the root into the folder.</summary>
    public static (string Certificate, string Key, string Root) WriteTo(string folder)
    {
        string certificate = Path.Combine(folder, "server.pem");
        string key = Path.Combine(folder, "server.key");
        string root = Path.Combine(folder, "root.pem");
        File.WriteAllText(certificate, s_server.ExportCertificatePem());
        using (ECDsa secret = s_server.GetECDsaPrivateKey()!)
        {
            File.WriteAllText(key, secret.ExportPkcs8PrivateKeyPem());
        }

        File.WriteAllText(root, s_root.ExportCertificatePem());
        return (certificate, key, root);
    }

    private static X509Certificate2 MakeRoot()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=SocketKit test root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
    }

    private static X509Certificate2 Sign(string name, params IPAddress[] addresses)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        Array.ForEach(addresses, names.AddIpAddress);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(s_root, true, false));
        byte[] serial = RandomNumberGenerator.GetBytes(8);
        using X509Certificate2 signed =
            request.Create(s_root, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), serial);
        return signed.CopyWithPrivateKey(key);
    }
}
