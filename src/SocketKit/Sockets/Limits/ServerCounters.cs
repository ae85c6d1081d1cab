namespace SocketKit.Sockets.Limits;

/// <summary>
/// Everything that a server counts. Each event of a connection's life comes here exactly once: accepted or rejected, and if accepted,
/// closed.
/// </summary>
internal sealed class ServerCounters
{
    private readonly long[] _closed = new long[Enum.GetValues<CloseReason>().Length];
    private readonly long[] _rejected = new long[Enum.GetValues<RejectReason>().Length];
    private long _accepted;
    private long _acceptErrors;
    private long _received;
    private long _sent;
    private volatile bool _isPaused;

    /// <summary>
    /// Held while a connection enters or leaves the table of handlers and is counted, so that a snapshot counts each connection once.
    /// </summary>
    public Lock Sync { get; } = new();

    public bool IsPaused
    {
        get => _isPaused;
        set => _isPaused = value;
    }

    /// <summary>A connection was given a handler. Called under <see cref="Sync"/>.</summary>
    public void Accepted() => _accepted++;

    /// <summary>A handler has ended, and its connection is closed. Called under <see cref="Sync"/>.</summary>
    public void Closed(in ClosedConnection closed)
    {
        _closed[(int)closed.Reason]++;
        _received += closed.BytesReceived;
        _sent += closed.BytesSent;
    }

    /// <summary>A connection was closed before a handler saw it.</summary>
    public void Rejected(RejectReason reason) => Interlocked.Increment(ref _rejected[(int)reason]);

    /// <summary>accept(2) has failed.</summary>
    public void AcceptFailed() => Interlocked.Increment(ref _acceptErrors);

    /// <summary>The counts at this moment, and those of the connections that are being served.</summary>
    /// <param name="active">Returns the connections whose handlers are running.</param>
    public ServerStatistics Read(Func<IReadOnlyCollection<StreamConnection>> active)
    {
        IReadOnlyCollection<StreamConnection> connections;
        var closed = new Dictionary<CloseReason, long>(_closed.Length);
        long accepted;
        long received;
        long sent;
        lock (Sync)
        {
            connections = active();
            (accepted, received, sent) = (_accepted, _received, _sent);
            for (int reason = 0; reason < _closed.Length; reason++)
            {
                closed.Add((CloseReason)reason, _closed[reason]);
            }
        }

        foreach (StreamConnection connection in connections)
        {
            received += connection.BytesReceived;
            sent += connection.BytesSent;
        }

        return new ServerStatistics(closed)
        {
            ActiveConnections = connections.Count,
            AcceptedTotal = accepted,
            RejectedTotal = RejectedTotal(),
            BytesReceived = received,
            BytesSent = sent,
            AcceptErrors = Interlocked.Read(ref _acceptErrors),
            IsPaused = IsPaused,
        };
    }

    private long RejectedTotal()
    {
        long total = 0;
        foreach (ref long count in _rejected.AsSpan())
        {
            total += Interlocked.Read(ref count);
        }

        return total;
    }
}
