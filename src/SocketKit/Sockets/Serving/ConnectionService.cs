using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Engine.Platform;
using SocketKit.Sockets.Limits;
using SocketKit.Telemetry;

namespace SocketKit.Sockets.Serving;

/// <summary>Runs one handler per connection, contains each handler's failure, and ends the handlers when the server stops.</summary>
[SuppressMessage(
    "Reliability", "CA1001",
    Justification = "Handlers may hold the tokens for longer than the server lives; the sources have no timer.")]
internal sealed partial class ConnectionService<TConnection> : IByteSource
    where TConnection : StreamConnection
{
    /// <summary>
    /// How long handlers may take to react to their token, and then to the abort, after the drain. Twice this is below one second.
    /// </summary>
    private static readonly TimeSpan s_reactionTime = TimeSpan.FromMilliseconds(450);

    private readonly Func<TConnection, CancellationToken, Task> _handler;
    private readonly IServerOptions<TConnection> _options;
    private readonly EndPoint? _local;
    private readonly ILogger _logger;
    private readonly int _capacity;
    private readonly HandlerTable<Served> _handlers;
    private readonly HandlerFaults<TConnection> _faults;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenSource _drainOver = new();
    private readonly AsyncLocal<Served?> _current = new();
    private readonly Lock _abort = new();
    private ServiceTokens? _tokens;
    private int _aborted;
    private int _stopLogged;

    public ConnectionService(
        Func<TConnection, CancellationToken, Task> handler,
        IServerOptions<TConnection> options,
        ServerCounters counters,
        EndPoint? local,
        ILogger logger)
    {
        (_handler, _options, _counters, _local, _logger) = (handler, options, counters, local, logger);
        _capacity = ConnectionLimit.Within(options.MaxConnections, Descriptors.Limit);
        _handlers = new HandlerTable<Served>(_capacity, options.Clock);
        _faults = new HandlerFaults<TConnection>(options, logger, isClient: false);
        _admission = new Admission<TConnection>(options, _capacity, counters, local, logger);
        _watch = new LimitWatch<Served>(
            _handlers, new TimeLimits(options.FirstByteTimeout, options.IdleTimeout, options.SendStallTimeout), options.Clock);
        _pauses = new LogRate(options.Clock);
        _unusable = new LogRate(options.Clock);
    }

    public int Count => _handlers.Count;

    public IReadOnlyCollection<TConnection> Connections => new ServedConnections(_handlers.Snapshot());

    /// <summary>The tokens that the channels of this service's connections recognise. Only the accept loop reads this property.</summary>
    public ServiceTokens Tokens => _tokens ??= new(_options.SendStallTimeout, _stopping.Token, _ending.Token);

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
            Log.ServerStopped(_logger, _local, Volatile.Read(ref _aborted));
        }

        RetireIfOver();
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
            if (served is Secured secured)
            {
                StopHandshake(secured);
            }
        }

        try
        {
            await notified.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // A callback's exception must not make stopping fail, so it is only logged.
            Log.StopCallbackFailed(_logger, exception);
        }
    }

    private void AbortAll(Served? except)
    {
        foreach (Served served in _handlers.Snapshot())
        {
            if (served != except && !served.Connection.Channel.IsClosed)
            {
                served.Connection.Abort(CloseReason.ServerStopped);
                CountAborted(served);
            }
        }
    }

    private void CountAborted(Served served)
    {
        lock (_abort)
        {
            if (!served.IsAborted)
            {
                served.IsAborted = true;
                _aborted++;
            }
        }
    }

    private void Run(Served served)
    {
        Begin(served);
        Handle(served);
    }

    /// <summary>The connection is being served from now on.</summary>
    private void Begin(Served served)
    {
        TConnection connection = served.Connection;
        served.Span = StartSpan(connection);
        if (_logger.IsEnabled(LogLevel.Debug))
        {
            // Reading Id and the addresses allocates, so do it only when the line is logged.
            Log.ConnectionAccepted(_logger, connection.Id, Log.Name(connection.LocalEndPoint), Log.Name(connection.RemoteEndPoint));
        }
    }

    private void Handle(Served served)
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
            return _handler(connection, _ending.Token)
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
        if (!handled.IsFaulted && served.Connection.Owner is { HasUnsent: true } owner)
        {
            _ = EndAfterSendingAsync(served, handled, owner);
        }
        else
        {
            EndNow(served, handled);
        }
    }

    /// <summary>
    /// The handler has left messages, or flushed bytes of its pipe. They are sent first, and the server's stop waits for that.
    /// </summary>
    private async Task EndAfterSendingAsync(Served served, Task handled, IByteOwner owner)
    {
        await owner.SendRestAsync().ConfigureAwait(false);
        EndNow(served, handled);
    }

    private void EndNow(Served served, Task handled)
    {
        Exception? failure = null;
        if (served.Connection.CloseReason == CloseReason.ServerStopped)
        {
            // The token has ended a TLS handshake of the handler, so the channel has aborted itself.
            CountAborted(served);
        }

        try
        {
            failure = Close(served.Connection, handled);
        }
        finally
        {
            // StopAsync must not wait for this handler any longer, whatever happened.
            Leave(served, failure);
        }
    }

    /// <summary>Closes the connection after its handler. Returns what the handler threw, unless the stop made it end.</summary>
    private Exception? Close(TConnection connection, Task handled)
    {
        try
        {
            handled.GetAwaiter().GetResult();
            connection.Dispose();
            return null;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The handler ended because one of the service's tokens fired.
            connection.Dispose();
            return null;
        }
        catch (Exception exception)
        {
            // A handler's failure ends only its own connection.
            CloseReason reason = connection.CloseReason;
            connection.Abort();
            _faults.Report(exception, connection, reason);
            return exception;
        }
    }
}
