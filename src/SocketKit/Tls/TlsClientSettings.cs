using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Tls;

/// <summary>The options of a client, checked and copied once.</summary>
internal sealed class TlsClientSettings
{
    private readonly List<SslApplicationProtocol>? _applicationProtocols;
    private readonly SslProtocols _protocols;
    private readonly TlsCertificate? _certificate;
    private readonly X509Certificate2Collection? _trustedRoots;
    private readonly bool _checkRevocation;
    private readonly bool _allowResume;

    /// <param name="options">The options.</param>
    /// <param name="dialled">The host that was dialled, a name or an address; null if there is none, so that TargetHost is needed.</param>
    /// <exception cref="ArgumentException">An option cannot be meant so, or there is no name to check the server against.</exception>
    public TlsClientSettings(TlsClientOptions options, string? dialled)
    {
        if (options.TargetHost is null && dialled is null)
        {
            throw TlsOptionChecks.Wrong(
                nameof(options.TargetHost),
                "No host was dialled here, so TlsClientOptions.TargetHost has to say whose certificate is expected.");
        }

        HostName = TlsNames.OfHost((options.TargetHost ?? dialled)!, nameof(options.TargetHost));
        _applicationProtocols = TlsOptionChecks.ApplicationProtocols(options.ApplicationProtocols, nameof(options.ApplicationProtocols));
        _protocols = TlsOptionChecks.Protocols(options.Protocols, nameof(options.Protocols));
        _trustedRoots = TlsOptionChecks.TrustedRoots(options.TrustedRoots, nameof(options.TrustedRoots));
        HandshakeTimeout = TlsOptionChecks.Timeout(options.HandshakeTimeout, nameof(options.HandshakeTimeout));
        Validation = options.DangerousServerCertificateValidation;
        AllowTruncation = options.AllowTruncation;
        _certificate = TlsOptionChecks.Certificate(options.ClientCertificate, nameof(options.ClientCertificate));
        _checkRevocation = options.CheckRevocation;
        _allowResume = options.AllowResume;
    }

    /// <summary>The name or address that the server's certificate must be for.</summary>
    public string HostName { get; }

    public TimeSpan HandshakeTimeout { get; }

    public bool AllowTruncation { get; }

    /// <summary>The caller's own check of the server; null for the usual one.</summary>
    public Func<X509Certificate2, X509Chain, SslPolicyErrors, bool>? Validation { get; }

    /// <summary>One handshake as the client.</summary>
    public TlsHandshake Begin() => new ClientHandshake(this);

    /// <summary>Whether this side shows a certificate to a server that asks for one.</summary>
    public bool HasCertificate => _certificate is not null;

    /// <summary>What SslStream needs for one handshake.</summary>
    /// <param name="check">Decides about the server's certificate.</param>
    /// <param name="asked">Is told when the server asks for a certificate; null: nobody wants to know.</param>
    /// <exception cref="ObjectDisposedException">The client's certificate was disposed.</exception>
    public SslClientAuthenticationOptions OptionsFor(PeerCheck check, LocalCertificateSelectionCallback? asked = null) => new()
    {
        TargetHost = HostName,
        ApplicationProtocols = _applicationProtocols,
        EnabledSslProtocols = _protocols,
        ClientCertificateContext = _certificate?.Context,
        LocalCertificateSelectionCallback = asked,
        RemoteCertificateValidationCallback = check.Decide,
        CertificateChainPolicy = ChainPolicies.Make(_trustedRoots, _checkRevocation, HandshakeTimeout),
        AllowRenegotiation = false,

        // In a session that is resumed the server does not ask for a certificate, and may refuse this side all the same.
        AllowTlsResume = _allowResume && !AllowTruncation,
    };
}
