using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Sockets.Serving;

namespace SocketKit;

public abstract partial class StreamServer<TConnection>
{
    private ConnectionService<TConnection>? _service;

    /// <summary>The drain that the first stopper asked for, in ticks; negative until then.</summary>
    private long _drainTicks = -1;

    /// <summary>Connections whose handlers run. What <see cref="Accept"/> gave is not counted.</summary>
    public int ConnectionCount => Volatile.Read(ref _service)?.Count ?? 0;

    /// <summary>A snapshot of the connections whose handlers run.</summary>
    public IReadOnlyCollection<TConnection> Connections => Volatile.Read(ref _service)?.Connections ?? [];

    /// <summary>
    /// Accepts, and runs the handler for each connection, until stopped. Leaving the handler closes its connection gracefully; a handler
    /// that throws has its connection aborted and is reported once, and nothing else happens.
    /// </summary>
    /// <param name="handler">
    /// Gets the connection and a token that fires when the server wants it to end; <see cref="StreamConnection.Stopping"/> fires earlier,
    /// when the server begins to stop. From its first line the handler runs where <see cref="SocketOptions.Dispatch"/> says.
    /// </param>
    /// <param name="cancellationToken">
    /// Stops the server: no more connections, <see cref="StreamConnection.Stopping"/> and the handlers' token fire at once, and what has
    /// not ended within the drain time is aborted.
    /// </param>
    /// <returns>
    /// A task that ends without an exception after <see cref="StopAsync(CancellationToken)"/>, <see cref="SocketBase.Dispose()"/> or the
    /// token, when the handlers have ended or were given up on.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="handler"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The server serves already.</exception>
    /// <exception cref="ObjectDisposedException">The server was stopped or disposed before.</exception>
    public Task ServeAsync(Func<TConnection, CancellationToken, Task> handler, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ThrowIfDisposed("serve");
        var service = new ConnectionService<TConnection>(handler, _options, LocalEndPoint, _logger);
        if (Interlocked.CompareExchange(ref _service, service, null) is not null)
        {
            throw new InvalidOperationException($"{this} serves already.");
        }

        return ServeCoreAsync(service, cancellationToken);
    }

    /// <summary>
    /// Stops accepting and fires <see cref="StreamConnection.Stopping"/>, lets handlers finish within the options' drain time, then fires
    /// their token, then aborts their connections. Awaited inside a handler it does not wait for that handler.
    /// </summary>
    /// <param name="cancellationToken">
    /// Ends the drain at once, for all who stop this server: the handlers' token fires, and the task ends within a second, without an
    /// exception.
    /// </param>
    /// <returns>A task that ends by the drain time + 1 s, also if handlers never return.</returns>
    public Task StopAsync(CancellationToken cancellationToken = default) => StopCoreAsync(_options.DrainTimeout, cancellationToken);

    /// <summary>
    /// As <see cref="StopAsync(CancellationToken)"/>, with a drain time of its own. Of several who stop one server, the shortest drain
    /// holds.
    /// </summary>
    /// <param name="drain">How long handlers may go on; zero for not at all, infinite for as long as they need.</param>
    /// <param name="cancellationToken">
    /// Ends the drain at once, for all who stop this server: the handlers' token fires, and the task ends within a second, without an
    /// exception.
    /// </param>
    /// <returns>A task that ends by <paramref name="drain"/> + 1 s, also if handlers never return.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="drain"/> is negative and not infinite; the server goes on.</exception>
    public Task StopAsync(TimeSpan drain, CancellationToken cancellationToken = default) =>
        StopCoreAsync(CheckTimeout(drain, nameof(drain)), cancellationToken);

    /// <summary><see cref="StopAsync(TimeSpan, CancellationToken)"/> without a drain.</summary>
    /// <returns>A task that ends within a second.</returns>
    public override async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops accepting and aborts what <see cref="ServeAsync"/> serves.</summary>
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
        Log.ServerListening(_logger, LocalEndPoint, (_options.Engine ?? SocketEngine.Default).Description);
        using AcceptLoop loop = NewAcceptLoop(continuesInline: true);
        while (await loop.NextAsync(cancellationToken).ConfigureAwait(false) is { } channel)
        {
            Serve(service, channel);
        }
    }

    /// <summary>What goes wrong here is this connection's, and the next one is to be accepted.</summary>
    private void Serve(ConnectionService<TConnection> service, StreamChannel channel)
    {
        try
        {
            channel.Service = service.Tokens;
            service.Start(Wrap(channel));
        }
        catch (Exception exception)
        {
            // For instance options that the system refuses on a socket whose peer has gone.
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
        // An infinite drain is a negative time span, too; as ticks it becomes the longest wait that a task knows.
        long ticks = drain < TimeSpan.Zero ? TimeSpan.FromMilliseconds(int.MaxValue).Ticks : drain.Ticks;
        Interlocked.CompareExchange(ref _drainTicks, ticks, -1);
        StopAccepting();
    }
}
