namespace SocketKit.Engine;

/// <summary>
/// What all bytes of a connection belong to: a pipe, or messages. Its messages take more than one call of the channel, so only it knows
/// whether one is unfinished.
/// </summary>
internal interface IByteOwner
{
    /// <summary>
    /// Whether closing now would lose bytes that were to be sent. A channel that closes asks when no further call can begin.
    /// </summary>
    bool HasUnsent { get; }

    /// <summary>
    /// What this owner holds or does, so that the connection may not change its channel now, as part of a sentence; null: nothing.
    /// </summary>
    string? WhyBusy { get; }

    /// <summary>
    /// What this owner has received and the caller has not taken, as part of a sentence; null: nothing. Asked while the owner is not busy.
    /// </summary>
    string? WhyUnread { get; }

    /// <summary>How many bytes wait to be sent.</summary>
    long QueuedBytes { get; }

    /// <summary>Sends what waits, for a limited time, and throws nothing.</summary>
    ValueTask SendRestAsync();
}
