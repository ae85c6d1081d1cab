using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SocketKit.Tls;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>A handshake in which the client accepts every certificate, for tests of what comes after it.</summary>
internal sealed class TestHandshake(bool isServer, SslProtocols protocol) : TlsHandshake
{
    private static readonly SslStreamCertificateContext s_certificate = NewCertificate();

    public override TimeSpan Timeout => TimeSpan.FromSeconds(10);

    public override TimeSpan RecordTimeout => RecordLimit ?? base.RecordTimeout;

    /// <summary>A shorter time for records than that of the library.</summary>
    public TimeSpan? RecordLimit { get; init; }

    public override bool AllowTruncation => false;

    public override string Operation => "handshake";

    public override Task AuthenticateAsync(SslStream stream, CancellationToken cancellationToken) => isServer
        ? stream.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificateContext = s_certificate, EnabledSslProtocols = protocol },
            cancellationToken)
        : stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                EnabledSslProtocols = protocol,
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
            },
            cancellationToken);

    public override TlsInfo InfoOf(SslStream stream) => new()
    {
        Protocol = stream.SslProtocol,
        CipherSuite = stream.NegotiatedCipherSuite,
        ApplicationProtocol = null,
        HostName = null,
        PeerCertificate = null,
    };

    public override TlsException Explain(Exception cause, EndPoint? local, EndPoint? remote) =>
        new($"handshake failed: {cause}", cause, local, remote);

    private static SslStreamCertificateContext NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return SslStreamCertificateContext.Create(certificate, null, offline: true);
    }
}
