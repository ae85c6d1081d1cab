using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using SocketKit.Engine;

namespace SocketKit;

/// <summary>
/// A TLS handshake failed, or the peer broke TLS off later. The connection was aborted. The message says in one line what was checked
/// against what, and contains both endpoints.
/// </summary>
/// <remarks>
/// The two sides do not learn the same. The one that refuses a certificate knows why; the other one gets an alert at best
/// (<see cref="Alert"/>), and often sees no more than an end of the connection. With TLS 1.3 a client's handshake is over before the
/// server checks its certificate, so a client learns of the refusal from its first receive (RFC 8446 section 4.4.2.4). With servers on
/// .NET it is the same in TLS 1.2. A server learns in the same way that a client on .NET has refused its certificate. The peer that speaks
/// no TLS gets a reset (RST); all others get FIN, behind the alert if there is one.
/// </remarks>
public sealed class TlsException : AuthenticationException, IConnectionFault
{
    internal TlsException(string message, Exception? cause, EndPoint? local, EndPoint? remote)
        : base(message, cause) => (LocalEndPoint, RemoteEndPoint) = (local, remote);

    /// <summary>What was wrong with the peer's certificate.</summary>
    /// <value><see cref="SslPolicyErrors.None"/> if that was not the reason.</value>
    public SslPolicyErrors PolicyErrors { get; internal init; }

    /// <summary>The name or address that the server's certificate was to be checked against, in ASCII and lower case.</summary>
    /// <value>Null on a server.</value>
    public string? HostName { get; internal init; }

    /// <summary>The alert that the peer has sent, by its name in RFC 8446 section 6: "bad_certificate".</summary>
    /// <value>
    /// Null if it has sent none. A .NET peer that refuses a certificate sends none. A server of this library that has no certificate for
    /// the name sends "unrecognized_name", and one whose certificate was disposed "internal_error".
    /// </value>
    public string? Alert { get; internal init; }

    /// <summary>The local address.</summary>
    /// <value>Null if the connection had none.</value>
    public EndPoint? LocalEndPoint { get; }

    /// <summary>The peer's address.</summary>
    /// <value>Null if the connection had none.</value>
    public EndPoint? RemoteEndPoint { get; }

    /// <summary>Whether the time of the handshake has passed.</summary>
    internal bool IsTimeout { get; init; }

    /// <summary>Whether the connection was lost during the handshake, before a side had refused the other.</summary>
    internal bool IsDisconnect { get; init; }

    bool IConnectionFault.IsTimeout => IsTimeout;

    bool IConnectionFault.IsDisconnect => IsDisconnect;

    /// <summary>Whether this side cannot use its own certificate, so that every handshake fails.</summary>
    internal bool IsOwnFault { get; init; }

    /// <summary>The connection whose handshake it was, once it is known. A server compares it with its own connection.</summary>
    internal object? Origin { get; set; }
}
