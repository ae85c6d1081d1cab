using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Platform;
using SocketKit.Telemetry;

namespace SocketKit.Sockets.Limits;

/// <summary>
/// Everything that a server counts and measures. Each event of a connection's life comes here exactly once: accepted or rejected, and if
/// accepted, closed.
/// </summary>
internal sealed class ServerCounters
{
    private static readonly string[] s_reasons = ErrorTypes.SnakeCaseOf<RejectReason>();

    private readonly ServerMeasures _measures;
    private readonly EndedBytes _ended = new();
    private readonly long[] _closed = new long[Enum.GetValues<CloseReason>().Length];
    private readonly long[] _rejected = new long[Enum.GetValues<RejectReason>().Length];
    private long _accepted;
    private int _handshakes;
    private long _handshakesFailed;
    private long _acceptErrors;
    private volatile bool _isPaused;

    /// <param name="listening">The listener, for the attributes of measurements.</param>
    public ServerCounters(Socket listening) => _measures = new ServerMeasures(
        SocketAddresses.Unmap(listening.LocalEndPoint),
        isDualMode: listening is { AddressFamily: AddressFamily.InterNetworkV6, DualMode: true });

    /// <summary>
    /// Held while a connection enters or leaves the table of handlers and is counted, so that a snapshot counts each connection once.
    /// </summary>
    public Lock Sync { get; } = new();

    public bool IsPaused
    {
        get => _isPaused;
        set => _isPaused = value;
    }

    /// <summary>A connection was given a handler, which may begin with a handshake. Called under <see cref="Sync"/>.</summary>
    public void Accepted(bool withHandshake)
    {
        _accepted++;
        _handshakes += withHandshake ? 1 : 0;
    }

    /// <summary>
    /// Measures what <see cref="Accepted"/> counts. Called without the lock, because listeners are application code. Returns whether
    /// anybody was told.
    /// </summary>
    public bool MeasureAccepted() => _measures.Begin();

    /// <summary>Measures a handshake that begins. Called without the lock. Returns whether anybody was told.</summary>
    public bool MeasureHandshake() => _measures.BeginHandshake();

    /// <summary>A handshake has ended. Called once, without the lock.</summary>
    /// <param name="wasMeasured">The result of <see cref="MeasureHandshake"/> for this connection.</param>
    /// <param name="duration">From the accept on.</param>
    /// <param name="version">The version that was agreed on; null if it failed.</param>
    /// <param name="errorType">Why it failed; null if it did not.</param>
    public void HandshakeEnded(bool wasMeasured, TimeSpan duration, string? version, string? errorType)
    {
        lock (Sync)
        {
            _handshakes--;
            _handshakesFailed += errorType is null ? 0 : 1;
        }

        _measures.EndHandshake(wasMeasured, duration, version, errorType);
    }

    /// <summary>A handler has ended, and its connection is closed. Called under <see cref="Sync"/>.</summary>
    public void Closed(CloseReason reason, StreamChannel channel)
    {
        _closed[(int)reason]++;
        _ended.Add(channel);
    }

    /// <summary>Measures what <see cref="Closed"/> counts. Called without the lock.</summary>
    /// <param name="wasMeasured">The result of <see cref="MeasureAccepted"/> for this connection.</param>
    /// <param name="reason">Why it was closed.</param>
    /// <param name="duration">From the accept to the end of the handler.</param>
    public void MeasureClosed(bool wasMeasured, CloseReason reason, TimeSpan duration) => _measures.End(wasMeasured, reason, duration);

    /// <summary>A connection was closed before a handler saw it.</summary>
    public void Rejected(RejectReason reason)
    {
        Interlocked.Increment(ref _rejected[(int)reason]);
        _measures.Reject(s_reasons[(int)reason]);
    }

    /// <summary>accept(2) has failed.</summary>
    /// <param name="error">The error of the system.</param>
    /// <param name="unexpected">What was thrown in place of an error.</param>
    public void AcceptFailed(SocketError error, Exception? unexpected = null)
    {
        Interlocked.Increment(ref _acceptErrors);
        _measures.FailAccept(error, unexpected);
    }

    /// <summary>The counts at this moment, and those of the connections that are being served.</summary>
    /// <param name="active">Returns the connections whose handlers are running.</param>
    public ServerStatistics Read(Func<IReadOnlyCollection<StreamConnection>> active)
    {
        IReadOnlyCollection<StreamConnection> connections;
        var closed = new Dictionary<CloseReason, long>(_closed.Length);
        long accepted;
        int handshakes;
        long failed;
        ByteCount bytes;
        lock (Sync)
        {
            connections = active();
            (accepted, bytes) = (_accepted, _ended.Total);
            (handshakes, failed) = (_handshakes, _handshakesFailed);
            for (int reason = 0; reason < _closed.Length; reason++)
            {
                closed.Add((CloseReason)reason, _closed[reason]);
            }
        }

        bytes = WithActive(bytes, connections);
        return new ServerStatistics(closed)
        {
            ActiveConnections = connections.Count,
            AcceptedTotal = accepted,
            ActiveHandshakes = handshakes,
            HandshakesFailed = failed,
            RejectedTotal = RejectedTotal(),
            BytesReceived = bytes.Received,
            BytesSent = bytes.Sent,
            AcceptErrors = Interlocked.Read(ref _acceptErrors),
            IsPaused = IsPaused,
        };
    }

    /// <summary>The bytes of all connections, and nothing else.</summary>
    /// <param name="active">Returns the connections whose handlers are running.</param>
    public ByteCount ReadBytes(Func<IReadOnlyCollection<StreamConnection>> active)
    {
        IReadOnlyCollection<StreamConnection> connections;
        ByteCount ended;
        lock (Sync)
        {
            (connections, ended) = (active(), _ended.Total);
        }

        return WithActive(ended, connections);
    }

    /// <summary>Adds the bytes of the connections that have ended.</summary>
    public void AddEndedTo(EndedBytes total)
    {
        lock (Sync)
        {
            total.Add(_ended);
        }
    }

    private static ByteCount WithActive(ByteCount bytes, IReadOnlyCollection<StreamConnection> connections)
    {
        foreach (StreamConnection connection in connections)
        {
            bytes += new ByteCount(connection.BytesReceived, connection.BytesSent);
        }

        return bytes;
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
