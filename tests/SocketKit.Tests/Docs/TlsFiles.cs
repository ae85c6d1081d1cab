using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>An authority, and what it has issued to a server of the name localhost, as files in PEM.</summary>
internal sealed class TlsFiles : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sk");
    private readonly X509Certificate2 _server;

    public TlsFiles()
    {
        _server = Authority.Issue("localhost");
        Server = TlsCertificate.From(_server);
        File.WriteAllText(RootFile, Authority.Certificate.ExportCertificatePem());
        Write(_server);
    }

    public TestAuthority Authority { get; } = new();

    public TlsCertificate Server { get; }

    public X509Certificate2Collection Roots => Authority.Roots;

    public string Folder => _directory.FullName;

    public string RootFile => InFolder("root.pem");

    public string CertificateFile => InFolder("certificate.pem");

    public string KeyFile => InFolder("key.pem");

    public TcpClientOptions Trusting => new() { Tls = new TlsClientOptions { TrustedRoots = Roots } };

    /// <summary>Replaces both files, each at once, as ACME clients do.</summary>
    public void Write(X509Certificate2 certificate)
    {
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        Replace(KeyFile, key.ExportPkcs8PrivateKeyPem());
        Replace(CertificateFile, certificate.ExportCertificatePem());
    }

    public void Dispose()
    {
        Server.Dispose();
        _server.Dispose();
        _directory.Delete(recursive: true);
    }

    private string InFolder(string name) => Path.Combine(_directory.FullName, name);

    private void Replace(string file, string text)
    {
        string fresh = InFolder("fresh");
        File.WriteAllText(fresh, text);
        File.Move(fresh, file, overwrite: true);
    }
}
