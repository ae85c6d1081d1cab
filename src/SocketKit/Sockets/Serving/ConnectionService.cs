using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;

namespace SocketKit.Sockets.Serving;

/// <summary>Runs one handler per connection, contains each handler's failure, and ends the handlers when the server stops.</summary>
[SuppressMessage(
    "Reliability", "CA1001",
    Justification = "Handlers may hold the tokens for longer than the server lives; the sources have no timer.")]
internal sealed class ConnectionService<TConnection>(
    Func<TConnection, CancellationToken, Task> handler, IServerOptions<TConnection> options, EndPoint? local, ILogger logger)
    where TConnection : StreamConnection
{
    /// <summary>
    /// How long handlers may take to react to their token, and then to the abort, after the drain. Twice this is below one second.
    /// </summary>
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

    /// <summary>The tokens that the channels of this service's connections recognise. Only the accept loop reads this property.</summary>
    public ServiceTokens Tokens => _tokens ??= new(_stopping.Token, _ending.Token);

    /// <summary>
    /// Starts the handler where the engine runs user code, without the caller's AsyncLocal values. A connection above the limit is reset.
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
            // The connection was accepted while the server was stopping.
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
    /// Lets handlers finish, then fires their token, then aborts their connections. It does not wait for handlers that still do not return.
    /// When one caller's drain ends, the drain of all callers ends.
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

    /// <summary>Fires <see cref="ServiceTokens.Stopping"/>. From now on no further connection is served.</summary>
    public void BeginStop()
    {
        _handlers.Close();
        _ = FireAsync(_stopping, ServiceSignal.Stopping);
    }

    /// <summary>Fires <see cref="ServiceTokens.Stopping"/> and the handlers' token.</summary>
    public void BeginCancel()
    {
        BeginStop();
        _ = FireAsync(_ending, ServiceSignal.Ending);
    }

    /// <summary>Ends the drain of every caller of <see cref="StopAsync"/>.</summary>
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
    /// Fires a token. Callbacks registered with it are application code that may throw or never return, so no caller waits for them.
    /// </summary>
    private async Task FireAsync(CancellationTokenSource source, ServiceSignal signal)
    {
        Task notified = source.CancelAsync();
        foreach (Served served in _handlers.Snapshot())
        {
            // A receive that waits with one of these tokens has not registered with it, so it is ended here.
            served.Connection.Channel.CancelServed(signal);
        }

        try
        {
            await notified.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // A callback's exception must not make stopping fail, so it is only logged.
            Log.StopCallbackFailed(logger, exception);
        }
    }

    private void AbortAll(Served? except)
    {
        foreach (Served served in _handlers.Snapshot())
        {
            // The lock makes sure that each aborted connection is counted once.
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
            // The handler will not run, so it cannot remove itself from the table.
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
            // This is not an async method, so that an idle connection keeps a delegate instead of a state machine.
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
                // Reading Id and the addresses allocates, so do it only when the line is logged.
                Log.ConnectionAccepted(logger, connection.Id, connection.LocalEndPoint, connection.RemoteEndPoint);
            }

            return handler(connection, _ending.Token)
                ?? throw new InvalidOperationException("The handler returned null instead of a task.");
        }
        catch (Exception exception)
        {
            // A handler that throws before its first await is treated like one that throws after it.
            return Task.FromException(exception);
        }
    }

    private void End(Served served, Task handled)
    {
        if (!handled.IsFaulted && served.Connection.Messages is { HasUnsent: true } messages)
        {
            _ = EndAfterSendingAsync(served, handled, messages);
        }
        else
        {
            EndNow(served, handled);
        }
    }

    /// <summary>The handler has left messages in the queue. They are sent first, and the server's stop waits for that.</summary>
    private async Task EndAfterSendingAsync(Served served, Task handled, MessageChannel messages)
    {
        await messages.SendRestAsync().ConfigureAwait(false);
        EndNow(served, handled);
    }

    private void EndNow(Served served, Task handled)
    {
        try
        {
            Close(served.Connection, handled);
        }
        finally
        {
            // StopAsync must not wait for this handler any longer, whatever happened.
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
            // The handler ended because one of the service's tokens fired.
            connection.Dispose();
        }
        catch (Exception exception)
        {
            // A handler's failure ends only its own connection.
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

    /// <summary>A connection whose handler is running.</summary>
    private sealed class Served(ConnectionService<TConnection> service, TConnection connection)
        : HandlerTable<Served>.Node, IThreadPoolWorkItem
    {
        public TConnection Connection => connection;

        /// <summary>The handler's task; set if it was not completed when the handler returned.</summary>
        public Task? Handled { get; set; }

        public void Execute() => service.Run(this);

        public void OnHandled() => service.End(this, Handled!);
    }
}
