using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit;

/// <summary>What both sides of a connection have agreed on in its TLS handshake. It does not change later.</summary>
public sealed class TlsInfo
{
    internal TlsInfo()
    {
    }

    /// <summary>The version of the protocol.</summary>
    /// <value><see cref="SslProtocols.Tls12"/> or <see cref="SslProtocols.Tls13"/>.</value>
    public required SslProtocols Protocol { get; init; }

    /// <summary>The cipher suite, by its number in the registry of IANA (RFC 8447).</summary>
    public required TlsCipherSuite CipherSuite { get; init; }

    /// <summary>The protocol above TLS that both sides speak (ALPN, RFC 7301): "h2".</summary>
    /// <value>Null if none was agreed on.</value>
    public required string? ApplicationProtocol { get; init; }

    /// <summary>
    /// On a client, the name or address that the server's certificate was checked against. On a server, the name that the client has asked
    /// for (SNI, RFC 6066 section 3). In ASCII and lower case, without a dot at the end.
    /// </summary>
    /// <value>Null on a server whose client has named no host.</value>
    public required string? HostName { get; init; }

    /// <summary>
    /// The peer's certificate, also if the session was resumed. It passed its check: on a server it says who the client is.
    /// </summary>
    /// <value>Null if the peer has shown none. It stays valid after the connection; whoever keeps it may dispose it.</value>
    public required X509Certificate2? PeerCertificate { get; init; }
}
