namespace SocketKit;

/// <summary>What a <see cref="SocketPoller"/> waits for, and what it has found: the events of poll(2).</summary>
[Flags]
public enum Readiness
{
    /// <summary>Nothing. As an interest it pauses the socket: it stays in the poller, and is not reported.</summary>
    None = 0,

    /// <summary>A receive or an accept would not wait, because of data, a connection, an end or an error: POLLIN.</summary>
    Readable = 1,

    /// <summary>A send would not wait, because of room or an error: POLLOUT.</summary>
    Writable = 2,

    /// <summary>
    /// The peer of a connection has finished, which is looked for with <see cref="Readable"/> or this as the interest: POLLRDHUP. Or the
    /// connection is over in both directions, which is reported with every interest but <see cref="None"/>: POLLHUP. Bytes that came
    /// before may still be unread.
    /// </summary>
    HangUp = 4,

    /// <summary>
    /// An error waits, which the next call on the socket throws: POLLERR. It is reported with every interest but <see cref="None"/>.
    /// </summary>
    Error = 8,
}
