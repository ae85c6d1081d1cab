namespace SocketKit;

/// <summary>
/// What a server has done since it was made, at one moment: the connections that <c>ServeAsync</c> serves, and what the server has turned
/// away, whoever accepts.
/// </summary>
public sealed record ServerStatistics
{
    internal ServerStatistics(IReadOnlyDictionary<CloseReason, long> closedTotal) => ClosedTotal = closedTotal;

    /// <summary>The connections whose handlers are running, or whose TLS handshake is.</summary>
    public int ActiveConnections { get; internal init; }

    /// <summary>
    /// The connections that were given a handler: the active ones and all that have ended. With <see cref="TcpServerOptions.Tls"/> those
    /// whose handshake is under way or has failed are among them.
    /// </summary>
    public long AcceptedTotal { get; internal init; }

    /// <summary>The connections whose TLS handshake is under way. Always 0 without <see cref="TcpServerOptions.Tls"/>.</summary>
    public int ActiveHandshakes { get; internal init; }

    /// <summary>
    /// The connections whose TLS handshake did not succeed: what the peer sent was wrong or no TLS, one side has refused the other, the
    /// peer went away, time passed, or the server stopped. No handler has seen them. A client that refuses this
    /// server's certificate after the server's side of the handshake is over is not among them: with TLS 1.3, and clients on .NET also with
    /// 1.2. Its handler runs, and the first receive fails. Handshakes of <c>UpgradeToTls</c> do not count.
    /// </summary>
    public long HandshakesFailed { get; internal init; }

    /// <summary>
    /// The connections that were closed before a handler, or another caller, saw them: because of a limit, a filter, the user, or the stop
    /// of the server, for lack of descriptors, or because they were lost already.
    /// </summary>
    public long RejectedTotal { get; internal init; }

    /// <summary>
    /// The connections whose handlers, or handshakes, have ended, by the reason for which the connection was closed. Each reason has an
    /// entry; that of a failed handshake is usually <see cref="CloseReason.Error"/>.
    /// </summary>
    public IReadOnlyDictionary<CloseReason, long> ClosedTotal { get; }

    /// <summary>The bytes that all connections have received, those that have ended included.</summary>
    public long BytesReceived { get; internal init; }

    /// <summary>The bytes that all connections have handed to the kernel.</summary>
    public long BytesSent { get; internal init; }

    /// <summary>
    /// How often accept(2) has failed in <c>ServeAsync</c> or <c>AcceptAllAsync</c>, which go on each time. Other calls throw the error.
    /// </summary>
    public long AcceptErrors { get; internal init; }

    /// <summary>
    /// Whether the server accepts nothing now, because it is full and its options say <see cref="WhenFull.Pause"/>.
    /// </summary>
    public bool IsPaused { get; internal init; }
}
