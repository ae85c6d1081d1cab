using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Tls;

/// <summary>One handshake: what this side offers and checks, and what was found. Used once.</summary>
internal abstract class TlsHandshake
{
    /// <summary>How many of the first bytes are worth noting.</summary>
    public const int MostFirstBytes = 32;

    /// <summary>How long the handshake may take.</summary>
    public abstract TimeSpan Timeout { get; }

    /// <summary>Whether an end of the transport without close_notify counts as an end of the data.</summary>
    public abstract bool AllowTruncation { get; }

    /// <summary>
    /// Whether the peer has asked this side for a certificate, and may refuse it, or that there is none, after the handshake. With TLS 1.3
    /// a client's handshake is over first (RFC 8446, section 4.4.2.4), and many servers end without an alert.
    /// </summary>
    public virtual bool MayBeRefusedLater => false;

    /// <summary>"handshake as a client" or "handshake as a server", for messages.</summary>
    public abstract string Operation { get; }

    /// <summary>How long a record may take that has begun. A peer that is slower holds a buffer of 32 KiB.</summary>
    public virtual TimeSpan RecordTimeout => TimeSpan.FromSeconds(30);

    /// <summary>
    /// The first bytes that the peer has sent, up to <see cref="MostFirstBytes"/>; empty if it has sent none, or if nobody has noted them.
    /// They are shown if they are not TLS.
    /// </summary>
    public ReadOnlyMemory<byte> FirstBytes { get; set; }

    /// <summary>
    /// The alert that the peer has to be sent, because SslStream sends none for this failure; null: it does, or there is none.
    /// </summary>
    public virtual byte? Alert => null;

    /// <summary>
    /// Whether the peer has sent something, and it is no record of TLS: RFC 8446, section 5.1, has the types 20 to 23.
    /// </summary>
    public bool IsPeerForeign => FirstBytes.Span is [not (>= 20 and <= 23), ..];

    /// <summary>The name that the peer's certificate is checked against; null on a server.</summary>
    protected virtual string? CheckedName => null;

    /// <summary>Runs the handshake of this role over the stream's transport.</summary>
    public abstract Task AuthenticateAsync(SslStream stream, CancellationToken cancellationToken);

    /// <summary>What the two sides have agreed on, after the handshake.</summary>
    public abstract TlsInfo InfoOf(SslStream stream);

    /// <summary>The exception for a handshake that failed: what was checked against what, the peer's alert, both endpoints.</summary>
    public abstract TlsException Explain(Exception cause, EndPoint? local, EndPoint? remote);

    /// <summary>The exception for a call after the handshake: what came was no valid record, or an alert.</summary>
    public TlsException ExplainLater(string what, Exception cause, EndPoint? local, EndPoint? remote) =>
        TlsFaults.ExplainLater(what, CheckedName, cause, local, remote);

    /// <summary>What SslStream says, with the name that this role knows.</summary>
    protected static TlsInfo InfoOf(SslStream stream, string? hostName, bool isPeerChecked) => new()
    {
        Protocol = stream.SslProtocol,
        CipherSuite = stream.NegotiatedCipherSuite,
        ApplicationProtocol =
            stream.NegotiatedApplicationProtocol.Protocol.IsEmpty ? null : stream.NegotiatedApplicationProtocol.ToString(),
        HostName = hostName,
        PeerCertificate = isPeerChecked ? stream.RemoteCertificate as X509Certificate2 : null,
    };
}
