using System.Collections.Frozen;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Tls;

/// <summary>The options of a server, checked and copied once; shared by all its handshakes.</summary>
internal sealed class TlsServerSettings
{
    private readonly TlsCertificate? _certificate;
    private readonly FrozenDictionary<string, TlsCertificate> _hostCertificates;
    private readonly List<SslApplicationProtocol>? _applicationProtocols;
    private readonly SslProtocols _protocols;
    private readonly X509Certificate2Collection? _trustedRoots;
    private readonly bool _checkRevocation;
    private readonly bool _allowResume;

    /// <summary>By what a certificate shows, so that they go when it is replaced.</summary>
    private readonly ConditionalWeakTable<SslStreamCertificateContext, SslServerAuthenticationOptions> _cached = [];

    /// <exception cref="ArgumentException">An option cannot be meant so.</exception>
    public TlsServerSettings(TlsServerOptions options)
    {
        _certificate = TlsOptionChecks.Certificate(options.Certificate, nameof(options.Certificate));
        _hostCertificates = CopyOf(options.HostCertificates);
        if (_certificate is null && _hostCertificates.Count == 0)
        {
            throw TlsOptionChecks.Wrong(
                nameof(options.Certificate), "A TLS server needs a certificate: set TlsServerOptions.Certificate, or HostCertificates.");
        }

        _applicationProtocols = TlsOptionChecks.ApplicationProtocols(options.ApplicationProtocols, nameof(options.ApplicationProtocols));
        _protocols = TlsOptionChecks.Protocols(options.Protocols, nameof(options.Protocols));
        _trustedRoots = TlsOptionChecks.TrustedRoots(options.TrustedRoots, nameof(options.TrustedRoots));
        HandshakeTimeout = TlsOptionChecks.Timeout(options.HandshakeTimeout, nameof(options.HandshakeTimeout));
        ClientCertificates = TlsOptionChecks.Defined(options.ClientCertificates, nameof(options.ClientCertificates));
        Validation = options.DangerousClientCertificateValidation;
        AllowTruncation = options.AllowTruncation;
        _checkRevocation = options.CheckRevocation;
        _allowResume = options.AllowResume;
        if (ClientCertificates == ClientCertificates.None)
        {
            // Whoever sets these believes that clients are checked.
            RefuseUnused(Validation, nameof(options.DangerousClientCertificateValidation));
            RefuseUnused(_trustedRoots, nameof(options.TrustedRoots));
        }
    }

    public TimeSpan HandshakeTimeout { get; }

    public bool AllowTruncation { get; }

    public ClientCertificates ClientCertificates { get; }

    /// <summary>The caller's own check of clients; null for the usual one.</summary>
    public Func<X509Certificate2, X509Chain, SslPolicyErrors, bool>? Validation { get; }

    /// <summary>The hosts whose certificate is for other names, so that their clients refuse it, and these names.</summary>
    public IEnumerable<(string Host, string Names)> Mismatches
    {
        get
        {
            foreach ((string host, TlsCertificate certificate) in _hostCertificates)
            {
                if (certificate.Names is { } names && !names.Fit(host))
                {
                    yield return (host, names.All.Count == 0 ? "no name" : Shown.List(names.All));
                }
            }
        }
    }

    /// <summary>One handshake as the server.</summary>
    public TlsHandshake Begin() => new ServerHandshake(this);

    /// <summary>The certificate for this host: its own, that of its wildcard, or the default; null if there is none.</summary>
    /// <param name="host">The name in ASCII and lower case; null if the client has named none.</param>
    public TlsCertificate? CertificateFor(string? host)
    {
        if (host is null || _hostCertificates.Count == 0)
        {
            return _certificate;
        }

        int dot = host.IndexOf('.', StringComparison.Ordinal);
        return _hostCertificates.GetValueOrDefault(host)
            ?? (dot > 0 ? _hostCertificates.GetValueOrDefault($"*{host.AsSpan(dot)}") : null)
            ?? _certificate;
    }

    /// <summary>What SslStream needs for one handshake.</summary>
    /// <param name="context">What is shown.</param>
    /// <param name="check">Decides about the client's certificate.</param>
    public SslServerAuthenticationOptions OptionsFor(SslStreamCertificateContext context, PeerCheck check)
    {
        if (ClientCertificates == ClientCertificates.None)
        {
            return _cached.GetValue(context, Make);
        }

        SslServerAuthenticationOptions options = Make(context);
        options.ClientCertificateRequired = true;

        // OpenSSL resumes sessions of every server with the same certificate, also of one that has not asked for a client's, and a resumed
        // session does not bring the client's intermediates. Both would be refused, as often as the client tries.
        options.AllowTlsResume = false;
        options.RemoteCertificateValidationCallback = check.Decide;
        options.CertificateChainPolicy = ChainPolicies.Make(_trustedRoots, _checkRevocation, HandshakeTimeout);
        return options;
    }

    private static FrozenDictionary<string, TlsCertificate> CopyOf(IDictionary<string, TlsCertificate> certificates)
    {
        const string Name = nameof(TlsServerOptions.HostCertificates);
        var copy = new Dictionary<string, TlsCertificate>(certificates.Count);
        foreach ((string host, TlsCertificate certificate) in certificates)
        {
            if (certificate is null)
            {
                throw TlsOptionChecks.Wrong(Name, $"The certificate for \"{Shown.Text(host)}\" is null.");
            }

            string normal = TlsNames.OfPattern(host, Name);
            if (certificate.IsDisposed)
            {
                throw TlsOptionChecks.Wrong(Name, $"The certificate for \"{Shown.Text(host)}\" was disposed.");
            }

            if (!copy.TryAdd(normal, certificate))
            {
                throw TlsOptionChecks.Wrong(Name, $"\"{Shown.Text(host)}\" is there twice: both mean {normal}.");
            }
        }

        return copy.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static void RefuseUnused(object? value, string name)
    {
        if (value is not null)
        {
            throw new ArgumentException(
                "It is for certificates of clients, and clients are not asked for one. Set ClientCertificates to Require or Accept.", name);
        }
    }

    private SslServerAuthenticationOptions Make(SslStreamCertificateContext context) => new()
    {
        ServerCertificateContext = context,
        ApplicationProtocols = _applicationProtocols,
        EnabledSslProtocols = _protocols,
        AllowRenegotiation = false,
        AllowTlsResume = _allowResume,

        // Nobody was asked, so a certificate can only come from a session of another server with the same certificate; InfoOf hides it.
        RemoteCertificateValidationCallback = static (_, certificate, _, errors) =>
            certificate is not null || (errors & ~SslPolicyErrors.RemoteCertificateNotAvailable) == SslPolicyErrors.None,
    };
}
