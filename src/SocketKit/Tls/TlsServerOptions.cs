using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit;

/// <summary>How a server speaks TLS.</summary>
public sealed class TlsServerOptions
{
    public TlsCertificate? Certificate { get; set; }

    public IDictionary<string, TlsCertificate> HostCertificates { get; } =
        new Dictionary<string, TlsCertificate>(StringComparer.OrdinalIgnoreCase);

    public IList<string> ApplicationProtocols { get; } = [];

    public SslProtocols Protocols { get; set; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    public ClientCertificates ClientCertificates { get; set; }

    public X509Certificate2Collection? TrustedRoots { get; set; }

    public bool CheckRevocation { get; set; }

    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    public bool AllowResume { get; set; } = true;

    public bool AllowTruncation { get; set; }

    public Func<X509Certificate2, X509Chain, SslPolicyErrors, bool>? DangerousClientCertificateValidation { get; set; }
}
