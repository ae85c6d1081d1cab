using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit;

/// <summary>What both sides of a connection have agreed on in its TLS handshake.</summary>
public sealed class TlsInfo
{
    internal TlsInfo()
    {
    }

    /// <summary>The version of the protocol.</summary>
    public required SslProtocols Protocol { get; init; }

    /// <summary>The cipher suite.</summary>
    public required TlsCipherSuite CipherSuite { get; init; }

    /// <summary>The protocol above TLS that both sides speak (ALPN, RFC 7301); null if none was agreed on.</summary>
    public required string? ApplicationProtocol { get; init; }

    /// <summary>
    /// On a client, the name that the server's certificate was checked against. On a server, the name that the client has asked for (SNI,
    /// RFC 6066), in ASCII and lower case; null if it has named none.
    /// </summary>
    public required string? HostName { get; init; }

    /// <summary>The peer's certificate; null if it has shown none.</summary>
    public required X509Certificate2? PeerCertificate { get; init; }
}
