using System.Diagnostics;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Sockets.Serving;

/// <summary>Serving with TLS: the handshake, which computes on the thread pool, and then the handler, where it runs without TLS.</summary>
internal sealed partial class ConnectionService<TConnection>
{
    private readonly LogRate _unusable;

    private async Task HandshakeAsync(Secured served)
    {
        Exception? failure = null;
        try
        {
            await Handshakes.RunAsync(served.Connection, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Whatever it is, it ends this connection alone: the peer speaks no TLS, it went away, time passed, the server stops.
            failure = exception;
        }

        if (failure is null && served.TryBeginHandler())
        {
            Handshakes.Note(_logger, served.Connection);
            EndHandshake(served, errorType: null);
            RunHandler(served);
        }
        else
        {
            Refuse(served, failure ?? Faults.Disposed("TLS handshake", null, served.Connection));
        }
    }

    private void RunHandler(Secured served)
    {
        try
        {
            served.Connection.Channel.Run(served);
        }
        catch (Exception exception)
        {
            // The engine could not run the handler, for lack of memory or threads. No other code would end the connection.
            served.Connection.Abort(CloseReason.Error);
            Log.ConnectionNotServed(_logger, exception, _local);
            Leave(served, exception);
        }
    }

    /// <summary>
    /// The handshake has failed, and its connection is closed. What a peer does is never above Debug. A certificate of this side that
    /// cannot be used is an error, because every client fails.
    /// </summary>
    private void Refuse(Secured served, Exception failure)
    {
        TConnection connection = served.Connection;
        EndHandshake(served, HandshakeFaults.ErrorTypeOf(failure, connection.CloseReason));
        if (_logger.IsEnabled(LogLevel.Debug))
        {
            Log.TlsHandshakeFailed(
                _logger,
                connection.Id,
                failure is ObjectDisposedException ? $"this side closed the connection: {connection.CloseReason}." : failure.Message);
        }

        if (failure is TlsException { IsOwnFault: true } && _unusable.ShouldLog(out int count))
        {
            Log.TlsCertificateUnusable(_logger, count, _local, connection.RemoteEndPoint, failure.Message);
        }

        Leave(served, failure);
    }

    private void EndHandshake(Secured served, string? errorType) => _counters.HandshakeEnded(
        served.IsHandshakeMeasured,
        _options.Clock.GetElapsedTime(served.Started),
        errorType is null ? Handshakes.VersionOf(served.Connection.Tls) : null,
        errorType);

    /// <summary>The server stops. No handler has seen the connection, so there is nothing to wait for.</summary>
    private void StopHandshake(Secured served)
    {
        if (served.TryStop())
        {
            served.Connection.Abort(CloseReason.ServerStopped);
            CountAborted(served);
        }
    }

    /// <summary>A connection with TLS: its handshake is running, and later its handler.</summary>
    private sealed class Secured(ConnectionService<TConnection> service, TConnection connection, long started, StreamChannel transport)
        : Served(service, connection, started)
    {
        private const int Handshaking = 0;
        private const int Handling = 1;
        private const int Stopped = 2;

        private int _state;

        /// <summary>Whether the start of the handshake was measured, so that its end has to be.</summary>
        public bool IsHandshakeMeasured { get; set; }

        /// <summary>During the handshake no byte of the application moves, so the limits look at the encrypted ones.</summary>
        protected override StreamChannel Watched => Volatile.Read(ref _state) == Handling ? base.Watched : transport;

        /// <summary>Runs twice: first for the handshake, then for the handler.</summary>
        public override void Execute()
        {
            if (Volatile.Read(ref _state) != Handling)
            {
                Service.Begin(this);
                _ = Service.HandshakeAsync(this);
                return;
            }

            Activity.Current = Span;
            Service.Handle(this);
        }

        /// <summary>The handshake has succeeded. False: the server stops.</summary>
        public bool TryBeginHandler() => Interlocked.CompareExchange(ref _state, Handling, Handshaking) == Handshaking;

        /// <summary>The server stops. False: the handshake is over, or it was stopped before.</summary>
        public bool TryStop() => Interlocked.CompareExchange(ref _state, Stopped, Handshaking) == Handshaking;
    }
}
