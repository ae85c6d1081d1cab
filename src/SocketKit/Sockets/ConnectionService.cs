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

    private readonly ConcurrentDictionary<Served, bool> _served = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly AsyncLocal<Served?> _current = new();
    private volatile bool _stopping;

    public int Count => _served.Count;

    public IReadOnlyCollection<TConnection> Connections => [.. _served.Keys.Select(static served => served.Connection)];

    /// <summary>Starts the handler on the pool, with none of the caller's AsyncLocal values. A connection above the limit is reset.</summary>
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

        ThreadPool.UnsafeQueueUserWorkItem(served, preferLocal: false);
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

        await _stop.CancelAsync().ConfigureAwait(false);
        if (await EndedAsync(caller, s_reactionTime).ConfigureAwait(false))
        {
            return 0;
        }

        int aborted = AbortAll(caller);
        await EndedAsync(caller, s_reactionTime).ConfigureAwait(false);
        return aborted;
    }

    /// <summary>Cancels the handlers' token at once.</summary>
    public void Cancel()
    {
        _stopping = true;
        _ = _stop.CancelAsync();
    }

    public int AbortAll() => AbortAll(null);

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
        Task all = Task.WhenAll(_served.Keys.Where(served => served != except).Select(static served => served.Ended));
        await all.WaitAsync(time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return all.IsCompleted;
    }

    private async Task RunAsync(Served served)
    {
        TConnection connection = served.Connection;
        _current.Value = served;
        Log.ConnectionAccepted(logger, connection.Id, connection.LocalEndPoint, connection.RemoteEndPoint);
        try
        {
            await handler(connection, _stop.Token).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The handler did what its token asked for.
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception.IsDisconnect() || connection.CloseReason == CloseReason.ServerStopped)
        {
            // The peer's doing, or our own stop: not the handler's fault.
            Log.HandlerDisconnected(logger, exception, connection.Id, connection.CloseReason);
            connection.Abort();
        }
        catch (Exception exception)
        {
            // A handler's failure ends its own connection and nothing else.
            Log.HandlerFailed(logger, exception, connection.Id, connection.RemoteEndPoint);
            connection.Abort();
        }
        finally
        {
            _served.TryRemove(served, out _);
            Log.ConnectionClosed(logger, connection.Id, connection.CloseReason);
            served.MarkEnded();
        }
    }

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
