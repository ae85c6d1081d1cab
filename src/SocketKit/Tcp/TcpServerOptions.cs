using System.Net;
using SocketKit.Sockets.Serving;
using SocketKit.Tls;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>Options of <see cref="TcpServer"/>. Mode, time-outs and TCP options apply to the accepted connections.</summary>
public sealed class TcpServerOptions : TcpOptions, IServerOptions<TcpConnection>
{
    /// <summary>
    /// SO_REUSEADDR only: the server can be restarted while connections of its last run are in TIME_WAIT (RFC 9293 section 3.6). A second
    /// listener on the same port is still refused.
    /// </summary>
    /// <value>
    /// True by default. On Windows SO_EXCLUSIVEADDRUSE is set instead, because SO_REUSEADDR would let other processes take over the port.
    /// </value>
    public bool ReuseAddress { get; set; } = true;

    /// <summary>SO_REUSEPORT only: several listeners of one user share a port, and the kernel distributes connections among them.</summary>
    /// <value>False by default. Not available on Windows.</value>
    public bool ReusePort { get; set; }

    /// <summary>How many connections may wait to be accepted: listen(2). The kernel limits it to somaxconn.</summary>
    /// <value>512 by default. 0 is passed to the system unchanged.</value>
    public int Backlog { get; set; } = 512;

    /// <summary>The initial <see cref="SocketBase.ReceiveTimeout"/> of the server, which is its accept time-out.</summary>
    /// <value>Infinite by default.</value>
    public TimeSpan AcceptTimeout { get; set; } = Infinite.InfiniteTimeSpan;

    /// <summary>Whether a listener on all IPv6 addresses also accepts IPv4 connections (IPV6_V6ONLY off).</summary>
    /// <value>True by default. On a system without IPv6, the server listens on all IPv4 addresses.</value>
    public bool DualMode { get; set; } = true;

    /// <summary>How long <c>StopAsync</c> lets handlers finish.</summary>
    /// <value>5 s by default, because containers are killed 10 s after they were told to stop.</value>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The maximum number of connections that <c>ServeAsync</c> serves at a time. <see cref="WhenFull"/> says what becomes of further ones.
    /// </summary>
    /// <value>
    /// 10 000 by default. On Linux <c>ServeAsync</c> leaves 512 of the descriptors that the process may have (RLIMIT_NOFILE) to all else,
    /// or half of them if there are fewer than 1024. If that makes the maximum lower than this value, it logs a Warning when it starts.
    /// </value>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>What becomes of further clients while <see cref="MaxConnections"/> are being served.</summary>
    /// <value><see cref="WhenFull.Reject"/> by default.</value>
    public WhenFull WhenFull { get; set; } = WhenFull.Reject;

    /// <summary>
    /// The maximum number of connections from one address that <c>ServeAsync</c> serves at a time. Further ones are reset as soon as they
    /// are accepted. An IPv6 address counts for its /64, which one host commonly has, and an IPv4-mapped one as IPv4.
    /// </summary>
    /// <value>Null by default: no limit, because many users may share one address (NAT). 100 is a usual value.</value>
    public int? MaxConnectionsPerAddress { get; set; }

    /// <summary>
    /// Decides by the address which clients <c>ServeAsync</c> serves. Others are reset as soon as they are accepted, and no handler sees
    /// them. It gets an IPv4-mapped IPv6 address as IPv4.
    /// </summary>
    /// <value>
    /// Null by default: all. It is called between two accepts, so it must be quick. If it throws, the client is refused, and the exception
    /// is logged.
    /// </value>
    public Func<IPAddress, bool>? AddressFilter { get; set; }

    /// <summary>
    /// How long a connection that <c>ServeAsync</c> serves may be without its first byte, in either direction. Then it is closed with FIN:
    /// its pending calls end with <see cref="ObjectDisposedException"/>, and its <see cref="StreamConnection.CloseReason"/> is
    /// <see cref="CloseReason.IdleTimeout"/>.
    /// </summary>
    /// <value>
    /// 30 s by default. Infinite for servers whose clients may be silent at first, and which do not greet them. All three limits pass up to
    /// a quarter of themselves late, and at most a second, because one timer looks at all connections.
    /// </value>
    public TimeSpan FirstByteTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a connection may be idle: no byte in either direction, no send that waits, and no received byte that the handler has not
    /// read. Then it is closed as by <see cref="FirstByteTimeout"/>.
    /// </summary>
    /// <value>
    /// Infinite by default, because a stream may be silent for good reasons. Two minutes are usual for requests and answers.
    /// </value>
    public TimeSpan IdleTimeout { get; set; } = Infinite.InfiniteTimeSpan;

    /// <summary>
    /// How long a send may wait while the peer takes nothing. Then the connection is closed with RST: its pending calls end with
    /// <see cref="ObjectDisposedException"/>, and its <see cref="StreamConnection.CloseReason"/> is <see cref="CloseReason.SlowPeer"/>.
    /// </summary>
    /// <value>
    /// 30 s by default. While a send waits <see cref="IdleTimeout"/> does not count. <see cref="SocketBase.SendTimeout"/> is different: it
    /// is the deadline of one call.
    /// </value>
    /// <remarks>
    /// A peer that reads slowly, but steadily, is not closed, if it reads one step within this time. A peer whose receive buffer was full
    /// takes more only when much of it is free again: a sixteenth at least, and more than a segment. Until then it looks as if it did not
    /// read. On Linux a step may be 124 KiB on a new connection, and 450 KiB with a buffer that has grown to 4.5 MB.
    /// </remarks>
    public TimeSpan SendStallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How <c>ServeAsync</c> speaks TLS with its clients. The handler begins after the handshake, with a connection whose calls all encrypt
    /// and decrypt; <see cref="StreamConnection.Tls"/> says what was agreed on. A handshake that fails ends its connection: a Debug line
    /// and <see cref="ServerStatistics.HandshakesFailed"/> tell of it, and no handler runs.
    /// </summary>
    /// <value>
    /// Null by default: no TLS. The options are checked and copied when the server listens; <see cref="TlsCertificate"/> objects are
    /// shared, so that a replaced certificate is used by the next handshake. With this option <c>Accept</c>, <c>TryAccept</c>,
    /// <c>AcceptAsync</c> and <c>AcceptAllAsync</c> throw <see cref="InvalidOperationException"/>: whoever accepts by hand leaves it null,
    /// and calls <see cref="StreamConnection.UpgradeToTlsAsync(TlsServerOptions, CancellationToken)"/>.
    /// </value>
    /// <remarks>
    /// A connection counts for <see cref="MaxConnections"/> and <see cref="MaxConnectionsPerAddress"/> from the accept on, and is in
    /// <c>Connections</c>; a send to it waits for the handshake. The handshake may take <see cref="TlsServerOptions.HandshakeTimeout"/>,
    /// all in all. Meanwhile the three limits above look at the encrypted bytes: a client that is silent is closed after
    /// <see cref="FirstByteTimeout"/> or <see cref="IdleTimeout"/> if these are shorter. After the handshake they look at the bytes of the
    /// application, and begin anew. When the server begins to stop, connections in their handshake are reset at once.
    /// </remarks>
    public TlsServerOptions? Tls { get; set; }

    /// <summary>
    /// Called when a handler of <c>ServeAsync</c> has failed, with its exception, after its connection was aborted. The failure is also
    /// logged. Not called for faults of that connection itself, such as a <see cref="FrameException"/>, nor for those that
    /// <see cref="IsPeerFault"/> attributes to the peer.
    /// </summary>
    /// <value>
    /// Null by default. It is called on the thread on which the handler ended, and possibly for several connections at the same time.
    /// Exceptions that it throws are ignored. If it is null and there is no <see cref="SocketOptions.LoggerFactory"/> either, the first
    /// failure in the process is written to standard error.
    /// </value>
    public Action<TcpConnection, Exception>? HandlerFailed { get; set; }

    /// <summary>
    /// Decides whether a handler's exception is the peer's fault, for example a malformed message. Such failures are logged at Debug only.
    /// </summary>
    /// <value>Null by default: no exception is the peer's fault. If it throws, the answer is false.</value>
    public Func<Exception, bool>? IsPeerFault { get; set; }

    /// <inheritdoc/>
    TimeProvider IServerOptions<TcpConnection>.Clock => Clock;

    /// <inheritdoc/>
    TlsServerSettings? IServerOptions<TcpConnection>.Tls => TlsSettings;

    /// <summary><see cref="Tls"/>, checked and copied.</summary>
    internal TlsServerSettings? TlsSettings { get; private set; }

    /// <summary>The clock for pauses, drains and limits; tests replace it.</summary>
    internal TimeProvider Clock { get; set; } = TimeProvider.System;

    private protected override void CopyParts() => TlsSettings = Tls is { } tls ? new TlsServerSettings(tls) : null;

    internal override void Validate()
    {
        base.Validate();
        CheckAtLeast(Backlog, 0, nameof(Backlog));
        SocketBase.CheckTimeout(AcceptTimeout, nameof(AcceptTimeout));
        SocketBase.CheckTimeout(DrainTimeout, nameof(DrainTimeout));
        CheckAtLeast(MaxConnections, 1, nameof(MaxConnections));
        CheckDefined(WhenFull, nameof(WhenFull));
        CheckPositive(FirstByteTimeout, nameof(FirstByteTimeout));
        CheckPositive(IdleTimeout, nameof(IdleTimeout));
        CheckPositive(SendStallTimeout, nameof(SendStallTimeout));
        CheckAtLeast(MaxConnectionsPerAddress, 1, nameof(MaxConnectionsPerAddress));
    }
}
