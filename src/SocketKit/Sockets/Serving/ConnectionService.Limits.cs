using System.Collections;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Sockets.Limits;

namespace SocketKit.Sockets.Serving;

/// <summary>How connections come and go: whether they get a handler, what is counted, and the limits that they are held to.</summary>
internal sealed partial class ConnectionService<TConnection>
{
    private readonly ServerCounters _counters;
    private readonly Admission<TConnection> _admission;
    private readonly LimitWatch<Served> _watch;
    private readonly LogRate _pauses;

    /// <summary>Says so if fewer connections can be served than the options permit.</summary>
    public void ReportCapacity()
    {
        if (_capacity < _options.MaxConnections)
        {
            Log.MaxConnectionsLowered(_logger, _local, _capacity, _options.MaxConnections);
        }
    }

    /// <summary>Whether the address of a connection that was just accepted may connect. If not, the connection is closed here.</summary>
    public bool Admits(StreamChannel channel)
    {
        bool passes = _admission.PassesFilter(channel);
        if (!passes)
        {
            _admission.Reject(channel, RejectReason.Filter);
        }

        return passes;
    }

    /// <summary>
    /// Starts the handler where the engine runs user code, without the caller's AsyncLocal values. A connection above a limit is reset.
    /// </summary>
    public void Start(TConnection connection)
    {
        var served = new Served(this, connection, _options.Clock.GetTimestamp());
        if (!_admission.TryEnter(connection))
        {
            _admission.Reject(connection.Channel, RejectReason.FullForAddress);
        }
        else if (!TryEnter(served))
        {
            _admission.Leave(connection);
            _admission.Reject(connection.Channel, _handlers.IsClosed ? RejectReason.Stopping : RejectReason.Full);
        }
        else
        {
            Run(connection, served);
            _watch.Begin();
        }
    }

    /// <summary>
    /// With <see cref="WhenFull.Pause"/>, waits until there is room for another connection, or the service stops, or the token fires. The
    /// connections that end wake it, so it uses no processor time meanwhile.
    /// </summary>
    public async ValueTask RoomAsync(CancellationToken cancellationToken)
    {
        if (_options.WhenFull != WhenFull.Pause || _handlers.RoomAsync() is not { IsCompleted: false } room)
        {
            return;
        }

        _counters.IsPaused = true;
        if (_pauses.ShouldLog(out int count))
        {
            Log.AcceptPaused(_logger, _local, count, _capacity);
        }

        await room.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _counters.IsPaused = false;
    }

    /// <summary>False: the table is full, or the service stops.</summary>
    private bool TryEnter(Served served)
    {
        lock (_counters.Sync)
        {
            if (!_handlers.TryAdd(served))
            {
                return false;
            }

            _counters.Accepted();
            return true;
        }
    }

    private void Run(TConnection connection, Served served)
    {
        try
        {
            connection.Channel.Run(served);
        }
        catch
        {
            // The handler will not run, so it cannot remove itself from the table. It was counted, so its end is counted, too.
            connection.Abort(CloseReason.Error);
            Leave(served);
            throw;
        }
    }

    /// <summary>The handler has ended, and its connection is closed.</summary>
    private void Leave(Served served)
    {
        TConnection connection = served.Connection;
        var closed = new ClosedConnection(
            connection.CloseReason,
            _options.Clock.GetElapsedTime(served.Started),
            connection.BytesReceived,
            connection.BytesSent);
        if (_logger.IsEnabled(LogLevel.Debug))
        {
            Log.ConnectionClosed(_logger, connection.Id, closed.Reason, closed.Duration, closed.BytesReceived, closed.BytesSent);
        }

        _admission.Leave(connection);
        lock (_counters.Sync)
        {
            // Read again: a call that was under way may have counted bytes meanwhile, and a snapshot may have shown them.
            _counters.Closed(closed with { BytesReceived = connection.BytesReceived, BytesSent = connection.BytesSent });
            _handlers.Remove(served);
        }
    }

    /// <summary>The connections of a snapshot. They are looked up when they are enumerated, so the snapshot is the only copy.</summary>
    private sealed class ServedConnections(List<Served> served) : IReadOnlyCollection<TConnection>
    {
        public int Count => served.Count;

        public IEnumerator<TConnection> GetEnumerator() => served.Select(static entry => entry.Connection).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>A connection whose handler is running.</summary>
    private sealed class Served(ConnectionService<TConnection> service, TConnection connection, long started)
        : HandlerTable<Served>.Node, IThreadPoolWorkItem, IWatched
    {
        private ConnectionWatch _watch = new();

        public TConnection Connection => connection;

        /// <summary>When it was accepted, by the options' clock.</summary>
        public long Started => started;

        /// <summary>The handler's task; set if it was not completed when the handler returned.</summary>
        public Task? Handled { get; set; }

        public void Execute() => service.Run(this);

        public void OnHandled() => service.End(this, Handled!);

        public void Look(TimeLimits limits)
        {
            switch (_watch.Look(connection.Channel, limits))
            {
                case CloseReason.IdleTimeout:
                    connection.Close(CloseReason.IdleTimeout);
                    break;
                case CloseReason.SlowPeer:
                    connection.Abort(CloseReason.SlowPeer);
                    break;
            }
        }
    }
}
