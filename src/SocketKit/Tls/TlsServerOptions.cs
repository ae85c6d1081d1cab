using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit;

/// <summary>
/// How a server speaks TLS. The options are checked and copied when they are given to a server or an upgrade: later changes of this object
/// have no effect. Only the certificates stay live, because <see cref="TlsCertificate.Replace"/> is made for that.
/// </summary>
/// <remarks>The server never renegotiates (RFC 5746) and never compresses.</remarks>
public sealed class TlsServerOptions
{
    /// <summary>The certificate for clients that name no host, or one that is not in <see cref="HostCertificates"/>.</summary>
    /// <value>
    /// Null by default. Then <see cref="HostCertificates"/> must have one at least, and all other clients are refused with the alert
    /// unrecognized_name (RFC 6066 section 3). The server does not dispose it.
    /// </value>
    public TlsCertificate? Certificate { get; set; }

    /// <summary>
    /// Certificates by the name of the host that the client asks for (SNI, RFC 6066 section 3): "a.example.com", or "*.example.com" for
    /// all names of one label more. The exact name goes first. Names may be written in Unicode, with capitals or with a dot at the end; two
    /// that mean the same are refused, and so are addresses, because SNI has none.
    /// </summary>
    /// <value>Empty by default. The server does not dispose them.</value>
    public IDictionary<string, TlsCertificate> HostCertificates { get; } =
        new Dictionary<string, TlsCertificate>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The protocols above TLS that the server speaks, the best first (ALPN, RFC 7301): "h2". The first one that the client speaks, too, is
    /// taken; a client that offers only others is refused, and one that offers none is served without. Each has 1 to 255 bytes of UTF-8.
    /// </summary>
    /// <value>Empty by default: ALPN is not used.</value>
    public IList<string> ApplicationProtocols { get; } = [];

    /// <summary>The versions of TLS that the server speaks. Of those that the client speaks, too, the newest is taken.</summary>
    /// <value>TLS 1.2 and 1.3 by default. Nothing lower is accepted (RFC 8996).</value>
    public SslProtocols Protocols { get; set; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>What the server does about certificates of its clients (mutual TLS).</summary>
    /// <value><see cref="ClientCertificates.None"/> by default.</value>
    public ClientCertificates ClientCertificates { get; set; }

    /// <summary>
    /// The roots that clients' certificates may come from. Only these count then, not those of the system. Certificates in it that are not
    /// self-signed are no roots: they only help to find the way to one.
    /// </summary>
    /// <value>
    /// Null by default: the roots of the system, so that a client with any public certificate for clients passes. Set it for mutual TLS.
    /// </value>
    public X509Certificate2Collection? TrustedRoots { get; set; }

    /// <summary>
    /// Whether clients' certificates are checked for revocation, online (OCSP, RFC 6960, or CRL, RFC 5280). If that cannot be found out,
    /// the client is refused. The look-up blocks a thread of the pool, for at most <see cref="HandshakeTimeout"/>.
    /// </summary>
    /// <value>False by default, because every look-up depends on somebody else's server. Intermediates are never downloaded.</value>
    public bool CheckRevocation { get; set; }

    /// <summary>How long a handshake may take. Then it fails, and its connection is aborted.</summary>
    /// <value>10 s by default, because a stranger's connection costs memory until then. Infinite is allowed.</value>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether clients may resume an earlier session, which saves a quarter to two thirds of the computing of a handshake (RFC 8446 section
    /// 2.2, RFC 5077). It has no effect on a server that asks for <see cref="ClientCertificates"/>: there every handshake is a whole one,
    /// because a session would bring neither the client's intermediates nor, if it comes from another server with the same certificate, the
    /// client's certificate.
    /// </summary>
    /// <value>True by default.</value>
    public bool AllowResume { get; set; } = true;

    /// <summary>
    /// Whether an end of the connection without close_notify (RFC 8446 section 6.1) counts as an end of the data. Anybody on the way can
    /// make such an end, so it is only for protocols in which each message says how long it is.
    /// </summary>
    /// <value>
    /// False by default: all data is delivered, and then a receive throws. Peers on .NET that only dispose their SslStream end like that.
    /// </value>
    public bool AllowTruncation { get; set; }

    /// <summary>
    /// Decides alone whether a client's certificate is accepted; what the usual check has found are its arguments. Returning true whatever
    /// they are lets everybody in. It is not called for a client without a certificate.
    /// </summary>
    /// <value>
    /// Null by default: only certificates without any error are accepted. An exception means no, and is the cause of the
    /// <see cref="TlsException"/>. It is called on a thread of the pool, for several handshakes at a time.
    /// </value>
    public Func<X509Certificate2, X509Chain, SslPolicyErrors, bool>? DangerousClientCertificateValidation { get; set; }
}
