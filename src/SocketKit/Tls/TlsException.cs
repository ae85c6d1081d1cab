using System.Net;
using System.Net.Security;
using System.Security.Authentication;

namespace SocketKit;

/// <summary>A TLS handshake failed, or the peer broke TLS off later. The connection was aborted.</summary>
public sealed class TlsException : AuthenticationException
{
    internal TlsException(string message, Exception? cause, EndPoint? local, EndPoint? remote)
        : base(message, cause) => (LocalEndPoint, RemoteEndPoint) = (local, remote);

    /// <summary>What was wrong with the peer's certificate; <see cref="SslPolicyErrors.None"/> if that was not the reason.</summary>
    public SslPolicyErrors PolicyErrors { get; internal init; }

    /// <summary>The name that the peer's certificate was checked against; null if none was.</summary>
    public string? HostName { get; internal init; }

    /// <summary>
    /// The alert that the peer has sent, by its name in RFC 8446: "bad_certificate". Null if it has sent none; a .NET peer that refuses a
    /// certificate sends none.
    /// </summary>
    public string? Alert { get; internal init; }

    /// <summary>The local address.</summary>
    public EndPoint? LocalEndPoint { get; }

    /// <summary>The peer's address.</summary>
    public EndPoint? RemoteEndPoint { get; }

    /// <summary>The connection whose handshake it was, once it is known. A server compares it with its own connection.</summary>
    internal object? Origin { get; set; }
}
