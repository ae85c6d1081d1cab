using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;

namespace SocketKit.Sockets;

/// <summary>Runs one handler per connection, keeps each one's failure to itself, and winds them down.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Handlers may hold the token for longer than the server lives; the source has no timer.")]
internal sealed class ConnectionService<TConnection>(
    Func<TConnection, CancellationToken, Task> handler, int maxConnections, ILogger logger)
    where TConnection : StreamConnection
{
    /// <summary>After the drain: time to react to the token, and then to the abort. Together they stay below one second.</summary>
    private static readonly TimeSpan s_reactionTime = TimeSpan.FromMilliseconds(450);

    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(int.MaxValue);

    private readonly ConcurrentDictionary<Served, bool> _served = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly AsyncLocal<Served?> _current = new();
    private volatile bool _stopping;

    public int Count => _served.Count;

    public IReadOnlyCollection<TConnection> Connections => [.. _served.Keys.Select(static served => served.Connection)];

    /// <summary>Starts the handler where the engine runs user code, with none of the caller's AsyncLocal values. A connection above the limit is reset.</summary>
    public void Start(TConnection connection)
    {
        if (_served.Count >= maxConnections)
        {
            Log.ConnectionRejected(logger, connection.RemoteEndPoint, maxConnections);
            connection.Abort(CloseReason.Error);
            return;
        }

        var served = new Served(this, connection);
        _served.TryAdd(served, true);
        if (_stopping)
        {
            // Accepted while the server was being stopped: whoever winds down may not have seen it.
            _served.TryRemove(served, out _);
            connection.Abort(CloseReason.ServerStopped);
            served.MarkEnded();
            return;
        }

        connection.Channel.ServiceToken = _stop.Token;
        connection.Channel.Run(served);
    }

    /// <summary>Lets handlers finish, then cancels their token, then aborts. Gives up on those that do not return. Counts the aborted.</summary>
    public async Task<int> StopAsync(TimeSpan drain)
    {
        _stopping = true;
        Served? caller = _current.Value;
        if (await EndedAsync(caller, drain).ConfigureAwait(false))
        {
            return 0;
        }

        BeginCancel();
        if (await EndedAsync(caller, s_reactionTime).ConfigureAwait(false))
        {
            return 0;
        }

        int aborted = AbortAll(caller);
        await EndedAsync(caller, s_reactionTime).ConfigureAwait(false);
        return aborted;
    }

    /// <summary>Cancels the handlers' token at once.</summary>
    public void BeginCancel()
    {
        _stopping = true;
        _ = NotifyHandlersAsync();
    }

    public int AbortAll() => AbortAll(null);

    /// <summary>Callbacks on the token are the handlers' code, which may throw; and nobody waits for it, because it may also never return.</summary>
    private async Task NotifyHandlersAsync()
    {
        Task notified = _stop.CancelAsync();
        foreach (Served served in _served.Keys)
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
        foreach (Served served in _served.Keys)
        {
            if (served != except)
            {
                served.Connection.Abort(CloseReason.ServerStopped);
                aborted++;
            }
        }

        return aborted;
    }

    private async Task<bool> EndedAsync(Served? except, TimeSpan time)
    {
        // What is longer than a task can wait for is for ever.
        TimeSpan limit = time > s_longestWait ? Timeout.InfiniteTimeSpan : time;
        Task all = Task.WhenAll(_served.Keys.Where(served => served != except).Select(static served => served.Ended));
        await all.WaitAsync(limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return all.IsCompleted;
    }

    private async Task RunAsync(Served served)
    {
        TConnection connection = served.Connection;
        _current.Value = served;
        try
        {
            if (logger.IsEnabled(LogLevel.Debug))
            {
                // Names and addresses are made when somebody asks.
                Log.ConnectionAccepted(logger, connection.Id, connection.LocalEndPoint, connection.RemoteEndPoint);
            }

            await handler(connection, _stop.Token).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The handler did what its token asked for.
            await connection.DisposeAsync().ConfigureAwait(false);
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
            _served.TryRemove(served, out _);
            try
            {
                if (logger.IsEnabled(LogLevel.Debug))
                {
                    Log.ConnectionClosed(logger, connection.Id, connection.CloseReason);
                }
            }
            finally
            {
                // Whatever a logger does, nobody waits for this handler in vain.
                served.MarkEnded();
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

    /// <summary>A connection and the end of its handler.</summary>
    private sealed class Served(ConnectionService<TConnection> service, TConnection connection) : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TConnection Connection => connection;

        public Task Ended => _ended.Task;

        public void Execute() => _ = service.RunAsync(this);

        public void MarkEnded() => _ended.TrySetResult();
    }
}
