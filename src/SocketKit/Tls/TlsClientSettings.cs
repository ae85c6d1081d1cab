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
        _certificate = options.ClientCertificate;
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

    /// <summary>What SslStream needs for one handshake.</summary>
    /// <exception cref="ObjectDisposedException">The client's certificate was disposed.</exception>
    public SslClientAuthenticationOptions OptionsFor(PeerCheck check) => new()
    {
        TargetHost = HostName,
        ApplicationProtocols = _applicationProtocols,
        EnabledSslProtocols = _protocols,
        ClientCertificateContext = _certificate?.Context,
        RemoteCertificateValidationCallback = check.Decide,
        CertificateChainPolicy = ChainPolicies.Make(_trustedRoots, _checkRevocation, HandshakeTimeout),
        AllowRenegotiation = false,
        AllowTlsResume = _allowResume,
    };
}
