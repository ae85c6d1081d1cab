using SocketKit.Diagnostics;
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
    /// that throws has its connection aborted and is logged once, and nothing else happens.
    /// </summary>
    /// <param name="handler">Gets the connection and a token that fires when the server wants it to end. From its first line it runs where <see cref="SocketOptions.Dispatch"/> says.</param>
    /// <param name="cancellationToken">
    /// Stops the server: no more connections, the handlers' token fires at once, and what has not ended within the drain time is aborted.
    /// </param>
    /// <returns>A task that ends without an exception after <see cref="StopAsync"/>, <see cref="SocketBase.Dispose()"/> or the token, when the handlers have ended or were given up on.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="handler"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The server serves already.</exception>
    /// <exception cref="ObjectDisposedException">The server was stopped or disposed before.</exception>
    public Task ServeAsync(Func<TConnection, CancellationToken, Task> handler, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ThrowIfDisposed("serve");
        var service = new ConnectionService<TConnection>(handler, _options.MaxConnections, _logger);
        if (Interlocked.CompareExchange(ref _service, service, null) is not null)
        {
            throw new InvalidOperationException($"{this} serves already.");
        }

        return ServeCoreAsync(service, cancellationToken);
    }

    /// <summary>
    /// Stops accepting, lets handlers finish, then fires their token, then aborts their connections. Awaited inside a handler it does not
    /// wait for that handler.
    /// </summary>
    /// <param name="drain">How long handlers may go on; null for the options' drain time, zero for not at all.</param>
    /// <returns>A task that ends by <paramref name="drain"/> + 1 s, also if handlers never return.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="drain"/> is negative and not infinite.</exception>
    public Task StopAsync(TimeSpan? drain = null)
    {
        TimeSpan time = CheckTimeout(drain ?? _options.DrainTimeout, nameof(drain));
        RequestStop(time);
        return StopServingAsync(time);
    }

    /// <summary><see cref="StopAsync"/> without a drain.</summary>
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
        }
    }

    private async Task ServeCoreAsync(ConnectionService<TConnection> service, CancellationToken cancellationToken)
    {
        Log.ServerListening(_logger, LocalEndPoint, (_options.Engine ?? SocketEngine.Default).Description);
        using (var loop = new AcceptLoop(_channel, LocalEndPoint, _acceptingEnded.Task, _logger, continuesInline: true))
        {
            while (await loop.NextAsync(cancellationToken).ConfigureAwait(false) is { } channel)
            {
                channel.ServiceToken = service.Token;
                service.Start(Wrap(channel));
            }
        }

        RequestStop(_options.DrainTimeout);
        if (cancellationToken.IsCancellationRequested)
        {
            service.BeginCancel();
        }

        await StopServingAsync(TimeSpan.FromTicks(Volatile.Read(ref _drainTicks))).ConfigureAwait(false);
    }

    private void RequestStop(TimeSpan drain)
    {
        // An infinite drain is a negative time span, too; as ticks it becomes the longest wait that a task knows.
        long ticks = drain < TimeSpan.Zero ? TimeSpan.FromMilliseconds(int.MaxValue).Ticks : drain.Ticks;
        Interlocked.CompareExchange(ref _drainTicks, ticks, -1);
        StopAccepting();
    }

    private async Task StopServingAsync(TimeSpan drain)
    {
        if (Volatile.Read(ref _service) is { } service)
        {
            int aborted = await service.StopAsync(drain).ConfigureAwait(false);
            Log.ServerStopped(_logger, LocalEndPoint, aborted);
        }
    }
}
