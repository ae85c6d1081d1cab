using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Sockets.Serving;
using SocketKit.Telemetry;

namespace SocketKit;

public abstract partial class StreamServer<TConnection>
{
    private ConnectionService<TConnection>? _service;

    /// <summary>The drain time of the first stop request, in ticks; negative until then.</summary>
    private long _drainTicks = -1;

    /// <summary>The number of connections whose handlers are running. Connections from <see cref="Accept()"/> are not counted.</summary>
    public int ConnectionCount => Volatile.Read(ref _service)?.Count ?? 0;

    /// <summary>A snapshot of the connections whose handlers are running.</summary>
    public IReadOnlyCollection<TConnection> Connections => Volatile.Read(ref _service)?.Connections ?? [];

    /// <summary>
    /// What the server has done since it was made. Callable at any time, also after the server has stopped. It reads the counters of every
    /// connection that is served, so call it every few seconds, and not for each message.
    /// </summary>
    /// <returns>
    /// The counts at one moment. Connections from <see cref="Accept()"/>, <see cref="AcceptAsync(CancellationToken)"/> and
    /// <see cref="AcceptAllAsync"/> are not counted, and no limit of the options applies to them. What the server turns away, and the
    /// errors after which <see cref="AcceptAllAsync"/> goes on, are counted even then.
    /// </returns>
    public ServerStatistics GetStatistics() => _counters.Read(() => Connections);

    /// <summary>
    /// Accepts connections and runs the handler for each of them, until the server is stopped. When a handler returns, its connection is
    /// closed gracefully. When a handler throws, its connection is aborted and the exception is reported once; the server goes on.
    /// </summary>
    /// <param name="handler">
    /// Gets the connection and a token that fires when the handler must end. <see cref="StreamConnection.Stopping"/> fires earlier, when
    /// the server begins to stop. The handler runs where <see cref="SocketOptions.Dispatch"/> says, from its first line.
    /// </param>
    /// <param name="cancellationToken">
    /// Stops the server: it accepts no more connections, <see cref="StreamConnection.Stopping"/> and the handlers' token fire immediately,
    /// and connections whose handlers have not ended within the drain time are aborted.
    /// </param>
    /// <returns>
    /// A task that ends without an exception after <see cref="StopAsync(CancellationToken)"/>, <see cref="SocketBase.Dispose()"/> or the
    /// token, once the handlers have ended or are no longer waited for.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="handler"/> is null.</exception>
    /// <exception cref="InvalidOperationException"><see cref="ServeAsync"/> was called before on this server.</exception>
    /// <exception cref="ObjectDisposedException">The server was stopped or disposed.</exception>
    public Task ServeAsync(Func<TConnection, CancellationToken, Task> handler, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ThrowIfDisposed("serve");
        var service = new ConnectionService<TConnection>(handler, _options, _counters, LocalEndPoint, _logger);
        if (Interlocked.CompareExchange(ref _service, service, null) is not null)
        {
            throw new InvalidOperationException($"{this} serves already.");
        }

        return ServeCoreAsync(service, cancellationToken);
    }

    /// <summary>
    /// Stops accepting and fires <see cref="StreamConnection.Stopping"/>, lets handlers finish within the options' drain time, then fires
    /// their token, then aborts their connections. When it is awaited inside a handler, it does not wait for that handler.
    /// </summary>
    /// <param name="cancellationToken">
    /// Ends the drain immediately, for every caller that stops this server: the handlers' token fires, and the task ends within a second,
    /// without an exception.
    /// </param>
    /// <returns>A task that ends without an exception, at the latest 1 s after the drain time, even if handlers never return.</returns>
    public Task StopAsync(CancellationToken cancellationToken = default) => StopCoreAsync(_options.DrainTimeout, cancellationToken);

    /// <summary>
    /// The same as <see cref="StopAsync(CancellationToken)"/>, with its own drain time. If several calls stop one server, the shortest
    /// drain time applies.
    /// </summary>
    /// <param name="drain">How long handlers may continue: zero for not at all, infinite for as long as they need.</param>
    /// <param name="cancellationToken">
    /// Ends the drain immediately, for every caller that stops this server: the handlers' token fires, and the task ends within a second,
    /// without an exception.
    /// </param>
    /// <returns>
    /// A task that ends without an exception, at the latest 1 s after <paramref name="drain"/>, even if handlers never return.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="drain"/> is negative and not infinite. The server keeps running.
    /// </exception>
    public Task StopAsync(TimeSpan drain, CancellationToken cancellationToken = default) =>
        StopCoreAsync(CheckTimeout(drain, nameof(drain)), cancellationToken);

    /// <summary>The same as <see cref="StopAsync(TimeSpan, CancellationToken)"/> with a drain time of zero.</summary>
    /// <returns>A task that ends within a second.</returns>
    public override async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops accepting, and aborts the connections that <see cref="ServeAsync"/> serves.</summary>
    private protected override void DisposeCore()
    {
        RequestStop(TimeSpan.Zero);
        if (Volatile.Read(ref _service) is { } service)
        {
            service.BeginCancel();
            service.AbortAll();
            service.EndDrain();
        }
    }

    private async Task ServeCoreAsync(ConnectionService<TConnection> service, CancellationToken cancellationToken)
    {
        StreamSums.Default.Add(service);
        try
        {
            await ServeAcceptedAsync(service, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            RequestStop(_options.DrainTimeout);
            if (cancellationToken.IsCancellationRequested)
            {
                service.BeginCancel();
            }

            await service.StopAsync(TimeSpan.FromTicks(Volatile.Read(ref _drainTicks)), CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task ServeAcceptedAsync(ConnectionService<TConnection> service, CancellationToken cancellationToken)
    {
        Log.ServerListening(_logger, LocalEndPoint, Engine.Description);
        foreach ((string host, string names) in _options.Tls?.Mismatches ?? [])
        {
            Log.TlsHostCertificateMismatch(_logger, host, LocalEndPoint, names);
        }

        service.ReportCapacity();
        using AcceptLoop loop = NewAcceptLoop(continuesInline: true);
        while (true)
        {
            await service.RoomAsync(cancellationToken).ConfigureAwait(false);
            if (await loop.NextAsync(cancellationToken).ConfigureAwait(false) is not { } channel)
            {
                return;
            }

            Serve(service, channel);
        }
    }

    /// <summary>Serves one accepted connection. A failure ends this connection only, and accepting goes on.</summary>
    private void Serve(ConnectionService<TConnection> service, StreamChannel channel)
    {
        if (!service.Admits(channel))
        {
            return;
        }

        channel.Service = service.Tokens;
        if (AdoptOrGiveUp(channel, _options.Tls) is not { } connection)
        {
            return;
        }

        try
        {
            service.Start(connection, channel);
        }
        catch (Exception exception)
        {
            // The engine could not run the handler, for lack of memory or threads.
            GiveUp(channel, exception);
        }
    }

    private Task StopCoreAsync(TimeSpan drain, CancellationToken cancellationToken)
    {
        RequestStop(drain);
        return Volatile.Read(ref _service)?.StopAsync(drain, cancellationToken) ?? Task.CompletedTask;
    }

    private void RequestStop(TimeSpan drain)
    {
        // Timeout.InfiniteTimeSpan is negative. As ticks it becomes the longest time that a task can wait.
        long ticks = drain < TimeSpan.Zero ? TimeSpan.FromMilliseconds(int.MaxValue).Ticks : drain.Ticks;
        Interlocked.CompareExchange(ref _drainTicks, ticks, -1);
        StopAccepting();
    }
}
