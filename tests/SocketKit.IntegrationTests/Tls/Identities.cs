using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>A root of the tests' own, and certificates that it has signed. Made once per process.</summary>
internal static class Identities
{
    private static readonly TestAuthority s_root = new();

    /// <summary>The server's certificate for plain peers.</summary>
    public static X509Certificate2 PlainServer { get; } = s_root.Issue("localhost", "127.0.0.1", "::1");

    /// <summary>For "localhost" and the loopback addresses.</summary>
    public static TlsCertificate Server { get; } = TlsCertificate.From(PlainServer);

    /// <summary>For another name, signed by the same root.</summary>
    public static TlsCertificate Other { get; } =
        s_root.IssueTls(new CertificateOrder { Names = ["other.example"], CommonName = "other.example" });

    public static X509Certificate2Collection Roots => s_root.Roots;

    /// <summary>Writes the server's certificate, its key and the root into the folder.</summary>
    public static (string Certificate, string Key, string Root) WriteTo(string folder)
    {
        string certificate = Path.Combine(folder, "server.pem");
        string key = Path.Combine(folder, "server.key");
        string root = Path.Combine(folder, "root.pem");
        File.WriteAllText(certificate, PlainServer.ExportCertificatePem());
        using (ECDsa secret = PlainServer.GetECDsaPrivateKey()!)
        {
            File.WriteAllText(key, secret.ExportPkcs8PrivateKeyPem());
        }

        File.WriteAllText(root, s_root.Certificate.ExportCertificatePem());
        return (certificate, key, root);
    }
}
