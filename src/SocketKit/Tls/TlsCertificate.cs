using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit;

/// <summary>A certificate with its private key and the certificates between it and a root.</summary>
public sealed class TlsCertificate : IDisposable
{
    private TlsCertificate()
    {
    }

    /// <summary>When it stops being valid, UTC.</summary>
    public DateTime NotAfter => throw new NotImplementedException();

    /// <summary>What handshakes show now.</summary>
    internal SslStreamCertificateContext Context => throw new NotImplementedException();

    public static TlsCertificate FromPemFile(string certificate, string key, bool watch = false) => throw new NotImplementedException();

    public static TlsCertificate From(X509Certificate2 certificate, X509Certificate2Collection? chain = null) =>
        throw new NotImplementedException();

    public void Replace(X509Certificate2 certificate, X509Certificate2Collection? chain = null) => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
