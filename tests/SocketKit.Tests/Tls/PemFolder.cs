using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Tls;

/// <summary>A certificate and its key as files in a folder of their own, which is deleted in the end.</summary>
internal sealed class PemFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("socketkit-tls-");

    public string Root => _folder.FullName;

    public string Certificate => Path.Combine(Root, "tls.crt");

    public string Key => Path.Combine(Root, "tls.key");

    public void Write((string Certificate, string Key) pem)
    {
        File.WriteAllText(Certificate, pem.Certificate);
        File.WriteAllText(Key, pem.Key);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
