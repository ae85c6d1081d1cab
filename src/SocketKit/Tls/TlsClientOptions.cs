using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit;

/// <summary>
/// How a client speaks TLS. The options are checked and copied when they are given to a connect or an upgrade: later changes of this object
/// have no effect. The server's name and chain are always checked.
/// </summary>
/// <remarks>
/// Only names among the server's subject alternative names count, not its common name (RFC 9525 section 6.3), and "*" stands for exactly
/// one label, the first one. The client never renegotiates (RFC 5746) and never compresses.
/// </remarks>
public sealed class TlsClientOptions
{
    /// <summary>
    /// The name or address that the server's certificate must be for. A name is also sent to the server (SNI, RFC 6066 section 3); an
    /// address is not, and must be among the IP addresses of the certificate. A name may be written in Unicode, with capitals or with a dot
    /// at the end; an address may have brackets and a scope.
    /// </summary>
    /// <value>Null by default: the host that was dialled. Needed where none was, such as for a Unix socket.</value>
    public string? TargetHost { get; set; }

    /// <summary>
    /// The protocols above TLS that the client speaks, the best first (ALPN, RFC 7301): "h2". The server takes one of them or none; see
    /// <see cref="TlsInfo.ApplicationProtocol"/>. Each has 1 to 255 bytes of UTF-8.
    /// </summary>
    /// <value>Empty by default: ALPN is not used.</value>
    public IList<string> ApplicationProtocols { get; } = [];

    /// <summary>The versions of TLS that the client speaks. The server takes the newest that it speaks, too.</summary>
    /// <value>TLS 1.2 and 1.3 by default. Nothing lower is accepted (RFC 8996).</value>
    public SslProtocols Protocols { get; set; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>The certificate to show when the server asks for one (mutual TLS).</summary>
    /// <value>Null by default: the client shows none. It is not disposed by the client.</value>
    public TlsCertificate? ClientCertificate { get; set; }

    /// <summary>
    /// The roots that the server's certificate may come from. Only these count then, not those of the system. Certificates in it that are
    /// not self-signed are no roots: they only help to find the way to one.
    /// </summary>
    /// <value>Null by default: the roots of the system. A self-signed certificate of a server can be its own root.</value>
    public X509Certificate2Collection? TrustedRoots { get; set; }

    /// <summary>
    /// Whether the server's certificate is checked for revocation, online (OCSP, RFC 6960, or CRL, RFC 5280). If that cannot be found out,
    /// the server is refused. The look-up blocks a thread of the pool, for at most <see cref="HandshakeTimeout"/>.
    /// </summary>
    /// <value>False by default, because every look-up depends on somebody else's server. Intermediates are never downloaded.</value>
    public bool CheckRevocation { get; set; }

    /// <summary>How long the handshake may take. Then it fails, and the connection is aborted.</summary>
    /// <value>10 s by default, after the connect. Infinite is allowed.</value>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether the client may resume an earlier session with the same host, which saves a quarter to two thirds of the computing of a
    /// handshake (RFC 8446 section 2.2, RFC 5077). The server's certificate is checked again when a session is resumed.
    /// </summary>
    /// <value>True by default.</value>
    public bool AllowResume { get; set; } = true;

    /// <summary>
    /// Whether an end of the connection without close_notify (RFC 8446 section 6.1) counts as an end of the data. Anybody on the way can
    /// make such an end, so it is only for protocols in which each message says how long it is.
    /// </summary>
    /// <remarks>
    /// It does not count before the first byte has come if the server has asked for a certificate: such an end is mostly a refusal of the
    /// certificate of this side, or of having none. To know that, a client does not resume sessions while this is set.
    /// </remarks>
    /// <value>
    /// False by default: all data is delivered, and then a receive throws. Peers on .NET that only dispose their SslStream end like that.
    /// </value>
    public bool AllowTruncation { get; set; }

    /// <summary>
    /// Decides alone whether the server's certificate is accepted; what the usual check has found are its arguments. Returning true
    /// whatever they are gives the connection to anybody who is on the way.
    /// </summary>
    /// <value>
    /// Null by default: only certificates without any error are accepted. An exception means no, and is the cause of the
    /// <see cref="TlsException"/>. It is called on a thread of the pool, or on the caller's.
    /// </value>
    public Func<X509Certificate2, X509Chain, SslPolicyErrors, bool>? DangerousServerCertificateValidation { get; set; }
}
