using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Tls;

/// <summary>One handshake as the client.</summary>
internal sealed class ClientHandshake(TlsClientSettings settings) : TlsHandshake
{
    private readonly PeerCheck _check = new(isClient: true, settings.HostName, isOptional: false, settings.Validation);

    /// <summary>Whether the server has asked for a certificate, or has been shown one.</summary>
    private bool _isAsked;

    public override bool MayBeRefusedLater => _isAsked;

    public override TimeSpan Timeout => settings.HandshakeTimeout;

    public override bool AllowTruncation => settings.AllowTruncation;

    public override string Operation => "handshake as a client";

    protected override string? CheckedName => settings.HostName;

    public override Task AuthenticateAsync(SslStream stream, CancellationToken cancellationToken) =>
        stream.AuthenticateAsClientAsync(settings.OptionsFor(_check, AskedOrNull), cancellationToken);

    public override TlsInfo InfoOf(SslStream stream)
    {
        _isAsked |= settings.HasCertificate && stream.LocalCertificate is not null;
        return InfoOf(stream, settings.HostName, isPeerChecked: true);
    }

    public override TlsException Explain(Exception cause, EndPoint? local, EndPoint? remote) =>
        TlsFaults.Explain(this, _check, null, settings.HostName, cause, local, remote);

    /// <summary>With this SslStream does not resume sessions, so it is left out where nobody wants to know.</summary>
    private LocalCertificateSelectionCallback? AskedOrNull => AllowTruncation && !settings.HasCertificate ? Asked : null;

    /// <summary>Called once before the hello, without the server's certificate, and again when the server asks.</summary>
    private X509Certificate Asked(
        object sender, string host, X509CertificateCollection own, X509Certificate? remote, string[] issuers)
    {
        _isAsked |= remote is not null;
        return null!;
    }
}
