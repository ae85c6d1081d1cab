using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;

namespace SocketKit.Sockets.Serving;

/// <summary>Runs one handler per connection, keeps each one's failure to itself, and winds them down.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Handlers may hold the token for longer than the server lives; the source has no timer.")]
internal sealed class ConnectionService<TConnection>(
    Func<TConnection, CancellationToken, Task> handler, int maxConnections, ILogger logger)
    where TConnection : StreamConnection
{
    /// <summary>After the drain: time to react to the token, and then to the abort. Together they stay below one second.</summary>
    private static readonly TimeSpan s_reactionTime = TimeSpan.FromMilliseconds(450);

    private readonly HandlerTable<Served> _handlers = new(maxConnections);
    private readonly CancellationTokenSource _stop = new();
    private readonly AsyncLocal<Served?> _current = new();

    public int Count => _handlers.Count;

    public IReadOnlyCollection<TConnection> Connections => [.. _handlers.Snapshot().Select(static served => served.Connection)];

    /// <summary>Fires when the handlers are to end.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Starts the handler where the engine runs user code, with none of the caller's AsyncLocal values. A connection above the limit is reset.</summary>
    public void Start(TConnection connection)
    {
        var served = new Served(this, connection);
        if (_handlers.TryAdd(served))
        {
            connection.Channel.Run(served);
        }
        else if (_handlers.IsClosed)
        {
            // Accepted while the server was being stopped.
            connection.Abort(CloseReason.ServerStopped);
        }
        else
        {
            connection.Abort(CloseReason.Error);
            Log.ConnectionRejected(logger, connection.RemoteEndPoint, maxConnections);
        }
    }

    /// <summary>Lets handlers finish, then cancels their token, then aborts. Gives up on those that do not return. Counts the aborted.</summary>
    public async Task<int> StopAsync(TimeSpan drain)
    {
        _handlers.Close();
        Served? caller = _current.Value;
        if (await _handlers.EndedAsync(caller, drain).ConfigureAwait(false))
        {
            return 0;
        }

        BeginCancel();
        if (await _handlers.EndedAsync(caller, s_reactionTime).ConfigureAwait(false))
        {
            return 0;
        }

        int aborted = AbortAll(caller);
        await _handlers.EndedAsync(caller, s_reactionTime).ConfigureAwait(false);
        return aborted;
    }

    /// <summary>Cancels the handlers' token at once.</summary>
    public void BeginCancel()
    {
        _handlers.Close();
        _ = NotifyHandlersAsync();
    }

    public int AbortAll() => AbortAll(null);

    /// <summary>Callbacks on the token are the handlers' code, which may throw; and nobody waits for it, because it may also never return.</summary>
    private async Task NotifyHandlersAsync()
    {
        Task notified = _stop.CancelAsync();
        foreach (Served served in _handlers.Snapshot())
        {
            // What waits with our token has not registered with it.
            served.Connection.Channel.CancelServed();
        }

        try
        {
            await notified.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // It has nowhere else to go: stopping does not fail because of it.
            Log.StopCallbackFailed(logger, exception);
        }
    }

    private int AbortAll(Served? except)
    {
        int aborted = 0;
        foreach (Served served in _handlers.Snapshot())
        {
            if (served != except)
            {
                served.Connection.Abort(CloseReason.ServerStopped);
                aborted++;
            }
        }

        return aborted;
    }

    private void Run(Served served)
    {
        _current.Value = served;
        Task handled = Handle(served.Connection);
        if (handled.IsCompleted)
        {
            End(served, handled);
        }
        else
        {
            // Not an async method: a connection that idles keeps a delegate instead of a state machine.
            served.Handled = handled;
            handled.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(served.OnHandled);
        }
    }

    private Task Handle(TConnection connection)
    {
        try
        {
            if (logger.IsEnabled(LogLevel.Debug))
            {
                // Names and addresses are made when somebody asks.
                Log.ConnectionAccepted(logger, connection.Id, connection.LocalEndPoint, connection.RemoteEndPoint);
            }

            return handler(connection, _stop.Token) ?? throw new InvalidOperationException("The handler returned null instead of a task.");
        }
        catch (Exception exception)
        {
            // Whether it throws before or after its first await is the handler's own affair.
            return Task.FromException(exception);
        }
    }

    private void End(Served served, Task handled)
    {
        try
        {
            Close(served.Connection, handled);
        }
        finally
        {
            // Whatever happens, StopAsync must not wait for it.
            _handlers.Remove(served);
        }
    }

    private void Close(TConnection connection, Task handled)
    {
        try
        {
            handled.GetAwaiter().GetResult();
            connection.Dispose();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The handler did what its token asked for.
            connection.Dispose();
        }
        catch (Exception exception)
        {
            // A handler's failure ends its own connection and nothing else.
            CloseReason reason = connection.CloseReason;
            connection.Abort();
            Report(exception, connection, reason);
        }
        finally
        {
            if (logger.IsEnabled(LogLevel.Debug))
            {
                Log.ConnectionClosed(logger, connection.Id, connection.CloseReason);
            }
        }
    }

    private void Report(Exception exception, TConnection connection, CloseReason reason)
    {
        if (reason == CloseReason.ServerStopped || IsPeersDoing(exception, connection, reason))
        {
            Log.HandlerDisconnected(logger, exception, connection.Id, reason);
        }
        else
        {
            Log.HandlerFailed(logger, exception, connection.Id, connection.RemoteEndPoint);
        }
    }

    /// <summary>The peer left, or let this connection's deadline pass. The loss of another connection of the handler's is its own failure.</summary>
    private static bool IsPeersDoing(Exception exception, TConnection connection, CloseReason reason) => exception switch
    {
        IOException { InnerException: SocketTimeoutException inner } => ReferenceEquals(inner.Origin, connection),
        SocketTimeoutException timeout => ReferenceEquals(timeout.Origin, connection),
        EndOfStreamException => reason == CloseReason.PeerFinished,
        _ => exception.IsDisconnect() && reason is CloseReason.PeerFinished or CloseReason.PeerReset or CloseReason.TimedOut,
    };

    /// <summary>A connection whose handler runs.</summary>
    private sealed class Served(ConnectionService<TConnection> service, TConnection connection) : HandlerTable<Served>.Node, IThreadPoolWorkItem
    {
        public TConnection Connection => connection;

        /// <summary>The handler's task, once it had to wait.</summary>
        public Task? Handled { get; set; }

        public void Execute() => service.Run(this);

        public void OnHandled() => service.End(this, Handled!);
    }
}
