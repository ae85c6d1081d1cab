using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;

namespace SocketKit.Sockets.Serving;

/// <summary>Runs one handler per connection, keeps each one's failure to itself, and winds them down.</summary>
[SuppressMessage(
    "Reliability", "CA1001",
    Justification = "Handlers may hold the tokens for longer than the server lives; the sources have no timer.")]
internal sealed class ConnectionService<TConnection>(
    Func<TConnection, CancellationToken, Task> handler, IServerOptions<TConnection> options, EndPoint? local, ILogger logger)
    where TConnection : StreamConnection
{
    /// <summary>After the drain: time to react to the token, and then to the abort. Together they stay below one second.</summary>
    private static readonly TimeSpan s_reactionTime = TimeSpan.FromMilliseconds(450);

    private readonly HandlerTable<Served> _handlers = new(options.MaxConnections, options.Clock);
    private readonly HandlerFaults<TConnection> _faults = new(options, logger);
    private readonly LogRate _rejections = new(options.Clock);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenSource _drainOver = new();
    private readonly AsyncLocal<Served?> _current = new();
    private readonly Lock _abort = new();
    private ServiceTokens? _tokens;
    private int _aborted;
    private int _stopLogged;

    public int Count => _handlers.Count;

    public IReadOnlyCollection<TConnection> Connections => [.. _handlers.Snapshot().Select(static served => served.Connection)];

    /// <summary>What the channels of the service's connections follow. Asked for by the accept loop alone.</summary>
    public ServiceTokens Tokens => _tokens ??= new(_stopping.Token, _ending.Token);

    /// <summary>
    /// Starts the handler where the engine runs user code, with none of the caller's AsyncLocal values. A connection above the limit is
    /// reset.
    /// </summary>
    public void Start(TConnection connection)
    {
        var served = new Served(this, connection);
        if (_handlers.TryAdd(served))
        {
            Run(connection, served);
        }
        else if (_handlers.IsClosed)
        {
            // Accepted while the server was being stopped.
            connection.Abort(CloseReason.ServerStopped);
        }
        else
        {
            if (_rejections.ShouldLog(out int count))
            {
                Log.ConnectionRejected(logger, count, local, options.MaxConnections, connection.RemoteEndPoint);
            }

            connection.Abort(CloseReason.Error);
        }
    }

    /// <summary>
    /// Lets handlers finish, then fires their token, then aborts. Gives up on those that do not return. The first stopper whose drain is
    /// over ends the drain of all.
    /// </summary>
    public async Task StopAsync(TimeSpan drain, CancellationToken cancellationToken)
    {
        BeginStop();
        Served? caller = _current.Value;
        using (cancellationToken.UnsafeRegister(static service => ((ConnectionService<TConnection>)service!).EndDrain(), this))
        {
            await WindDownAsync(caller, drain).ConfigureAwait(false);
        }

        if (caller is null && Interlocked.Exchange(ref _stopLogged, 1) == 0)
        {
            Log.ServerStopped(logger, local, Volatile.Read(ref _aborted));
        }
    }

    /// <summary>Fires <see cref="ServiceTokens.Stopping"/>; from now on no connection is served that is not yet.</summary>
    public void BeginStop()
    {
        _handlers.Close();
        _ = FireAsync(_stopping, ServiceSignal.Stopping);
    }

    /// <summary>Fires the handlers' token, too.</summary>
    public void BeginCancel()
    {
        BeginStop();
        _ = FireAsync(_ending, ServiceSignal.Ending);
    }

    /// <summary>No stopper waits any longer for handlers to finish by themselves.</summary>
    public void EndDrain() => _ = _drainOver.CancelAsync();

    public void AbortAll() => AbortAll(null);

    private async Task WindDownAsync(Served? caller, TimeSpan drain)
    {
        if (await _handlers.EndedAsync(caller, drain, _drainOver.Token).ConfigureAwait(false))
        {
            return;
        }

        EndDrain();
        BeginCancel();
        if (await _handlers.EndedAsync(caller, s_reactionTime, CancellationToken.None).ConfigureAwait(false))
        {
            return;
        }

        AbortAll(caller);
        await _handlers.EndedAsync(caller, s_reactionTime, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>
    /// Callbacks on the tokens are the handlers' code, which may throw; and nobody waits for it, because it may also never return.
    /// </summary>
    private async Task FireAsync(CancellationTokenSource source, ServiceSignal signal)
    {
        Task notified = source.CancelAsync();
        foreach (Served served in _handlers.Snapshot())
        {
            // An operation that waits with one of our tokens has not registered with it.
            served.Connection.Channel.CancelServed(signal);
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

    private void AbortAll(Served? except)
    {
        foreach (Served served in _handlers.Snapshot())
        {
            // One stopper at a time, so that each aborted connection is counted once.
            lock (_abort)
            {
                if (served != except && !served.Connection.Channel.IsClosed)
                {
                    served.Connection.Abort(CloseReason.ServerStopped);
                    _aborted++;
                }
            }
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
            // The handler will not run, so nothing else would take it out of the table.
            _handlers.Remove(served);
            throw;
        }
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

            return handler(connection, _ending.Token)
                ?? throw new InvalidOperationException("The handler returned null instead of a task.");
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
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The handler did what one of the service's tokens asked for.
            connection.Dispose();
        }
        catch (Exception exception)
        {
            // A handler's failure ends its own connection and nothing else.
            CloseReason reason = connection.CloseReason;
            connection.Abort();
            _faults.Report(exception, connection, reason);
        }
        finally
        {
            if (logger.IsEnabled(LogLevel.Debug))
            {
                Log.ConnectionClosed(logger, connection.Id, connection.CloseReason);
            }
        }
    }

    /// <summary>A connection whose handler runs.</summary>
    private sealed class Served(ConnectionService<TConnection> service, TConnection connection)
        : HandlerTable<Served>.Node, IThreadPoolWorkItem
    {
        public TConnection Connection => connection;

        /// <summary>The handler's task, once it had to wait.</summary>
        public Task? Handled { get; set; }

        public void Execute() => service.Run(this);

        public void OnHandled() => service.End(this, Handled!);
    }
}
