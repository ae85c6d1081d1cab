namespace SocketKit;

/// <summary>
/// What a server has done since it was made, at one moment: the connections that <c>ServeAsync</c> serves, and what the server has turned
/// away, whoever accepts.
/// </summary>
public sealed record ServerStatistics
{
    internal ServerStatistics(IReadOnlyDictionary<CloseReason, long> closedTotal) => ClosedTotal = closedTotal;

    /// <summary>The connections whose handlers are running.</summary>
    public int ActiveConnections { get; internal init; }

    /// <summary>The connections that were given a handler: the active ones and all that have ended.</summary>
    public long AcceptedTotal { get; internal init; }

    /// <summary>
    /// The connections that were closed before a handler, or another caller, saw them: because of a limit, a filter, the user, or the stop
    /// of the server, for lack of descriptors, or because they were lost already.
    /// </summary>
    public long RejectedTotal { get; internal init; }

    /// <summary>
    /// The connections whose handlers have ended, by the reason for which the connection was closed. Each reason has an entry.
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
