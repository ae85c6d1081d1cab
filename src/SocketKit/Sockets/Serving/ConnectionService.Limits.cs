using System.Collections;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Sockets.Limits;
using SocketKit.Telemetry;

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
    /// Starts the handler where the engine runs user code, without the caller's AsyncLocal values. With TLS the handshake comes first. A
    /// connection above a limit is reset.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transport">The channel that was accepted, which that of the connection may wrap.</param>
    public void Start(TConnection connection, StreamChannel transport)
    {
        long now = _options.Clock.GetTimestamp();
        Served served = connection.Channel == transport
            ? new Served(this, connection, now)
            : new Secured(this, connection, now, transport);
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

            _counters.Accepted(withHandshake: served is Secured);
        }

        served.IsMeasured = _counters.MeasureAccepted();
        if (served is Secured secured)
        {
            secured.IsHandshakeMeasured = _counters.MeasureHandshake();
        }

        return true;
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
            if (served is Secured secured)
            {
                EndHandshake(secured, ErrorTypes.Of(CloseReason.Error));
            }

            Leave(served, failure: null);
            throw;
        }
    }

    /// <summary>The handler has ended, and its connection is closed.</summary>
    private void Leave(Served served, Exception? failure)
    {
        TConnection connection = served.Connection;
        CloseReason reason = connection.CloseReason;
        TimeSpan duration = _options.Clock.GetElapsedTime(served.Started);
        if (_logger.IsEnabled(LogLevel.Debug))
        {
            Log.ConnectionClosed(_logger, connection.Id, reason, duration, connection.BytesReceived, connection.BytesSent);
        }

        if (served.Span is { } span)
        {
            ConnectionSpan.End(span, reason, failure);
        }

        // Before it leaves the table, so that a stop ends after the last measurement.
        _counters.MeasureClosed(served.IsMeasured, reason, duration);
        _admission.Leave(connection);
        lock (_counters.Sync)
        {
            _counters.Closed(reason, connection.Channel);
            _handlers.Remove(served);
        }

        RetireIfOver();
    }

    /// <summary>The connections of a snapshot. They are looked up when they are enumerated, so the snapshot is the only copy.</summary>
    private sealed class ServedConnections(List<Served> served) : IReadOnlyCollection<TConnection>
    {
        public int Count => served.Count;

        public IEnumerator<TConnection> GetEnumerator() => served.Select(static entry => entry.Connection).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>A connection whose handler is running.</summary>
    private class Served(ConnectionService<TConnection> service, TConnection connection, long started)
        : HandlerTable<Served>.Node, IThreadPoolWorkItem, IWatched
    {
        private ConnectionWatch _watch = new();

        public TConnection Connection => connection;

        protected ConnectionService<TConnection> Service => service;

        /// <summary>The channel whose bytes the limits look at.</summary>
        protected virtual StreamChannel Watched => connection.Channel;

        /// <summary>When it was accepted, by the options' clock.</summary>
        public long Started => started;

        /// <summary>Whether the start was measured, so that the end has to be.</summary>
        public bool IsMeasured { get; set; }

        /// <summary>Whether it was counted as one that the stop has aborted.</summary>
        public bool IsAborted { get; set; }

        /// <summary>The span around the handler; null if nobody wants it.</summary>
        public Activity? Span { get; set; }

        /// <summary>The handler's task; set if it was not completed when the handler returned.</summary>
        public Task? Handled { get; set; }

        public virtual void Execute() => service.Run(this);

        public void OnHandled() => service.End(this, Handled!);

        public void Look(TimeLimits limits)
        {
            switch (_watch.Look(Watched, limits))
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
