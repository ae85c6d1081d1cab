using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Sockets.Serving;

namespace SocketKit.Sockets.Connecting;

/// <summary>Runs a handler on a connection, and again on a new one, until the token fires. There is one connection at a time.</summary>
/// <param name="connector">Makes the connections; it has a back-off.</param>
/// <param name="handler">The application's handler.</param>
/// <param name="options">The checked options, with a Retry.</param>
/// <param name="logger">The client's logger.</param>
internal sealed class ConnectionKeeper<TClient>(
    Connector<TClient> connector, Func<TClient, CancellationToken, Task> handler, IClientOptions<TClient> options, ILogger logger)
    where TClient : StreamConnection
{
    /// <summary>How long a handler may take to react to the abort of its connection, as on a server that stops.</summary>
    private static readonly TimeSpan s_reactionTime = TimeSpan.FromMilliseconds(450);

    /// <summary>The longest time that a task can wait; anything longer is infinite.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(int.MaxValue);

    private readonly HandlerFaults<TClient> _faults = new(options, logger, isClient: true);
    private readonly Backoff _backoff = connector.Backoff!;
    private readonly TimeProvider _clock = options.Retry!.Clock;
    private volatile bool _isAborted;

    /// <summary>
    /// Ends without an exception: on the token, or when the handler has returned on a healthy connection and StopWhenHandled is set.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await ConnectAsync(cancellationToken).ConfigureAwait(false) is { } client)
        {
            long started = _clock.GetTimestamp();
            Task<bool> handled = HandleAsync(client, cancellationToken);
            await EndedAsync(handled, client, cancellationToken).ConfigureAwait(false);
            if (cancellationToken.IsCancellationRequested || (options.StopWhenHandled && await handled.ConfigureAwait(false)))
            {
                return;
            }

            if (_clock.GetElapsedTime(started) >= options.Retry!.HealthyAfter)
            {
                _backoff.Reset();
            }

            TimeSpan delay = _backoff.Next();
            if (logger.IsEnabled(LogLevel.Debug))
            {
                Log.ConnectionLost(logger, client.Id, connector.Target, client.CloseReason, delay);
            }

            await Task.Delay(delay, _clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Returns null when the token has fired.</summary>
    private async Task<TClient?> ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return cancellationToken.IsCancellationRequested ? null : await connector.ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The token is how the caller ends this, so it is not an error.
            return null;
        }
    }

    /// <summary>Runs the handler, then closes the connection. It never throws.</summary>
    /// <returns>Whether the handler returned, and neither the peer nor the network had ended the connection.</returns>
    private async Task<bool> HandleAsync(TClient client, CancellationToken cancellationToken)
    {
        // A connect may end on the caller's thread or on a loop. The handler may block, so it must not begin on either.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            Task running = handler(client, cancellationToken)
                ?? throw new InvalidOperationException("The handler returned null instead of a task.");
            await running.ConfigureAwait(false);
            bool isHealthy = client.CloseReason is CloseReason.None or CloseReason.LocalDispose or CloseReason.LocalAbort;
            await CloseAsync(client).ConfigureAwait(false);
            return isHealthy;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The handler ended because its token fired.
            await CloseAsync(client).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // A handler's failure ends only its own connection. What it throws because of the abort after the drain is no failure.
            CloseReason reason = _isAborted ? CloseReason.ServerStopped : client.CloseReason;
            client.Abort();
            _faults.Report(exception, client, reason);
        }

        return false;
    }

    /// <summary>Messages and flushed bytes that the handler has left are sent first, as on a server.</summary>
    private static async ValueTask CloseAsync(TClient client)
    {
        if (client.Owner is { HasUnsent: true } owner)
        {
            await owner.SendRestAsync().ConfigureAwait(false);
        }

        await client.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until the handler has ended. Once the token has fired, it waits for at most the drain time, aborts the connection, and then no
    /// longer waits for a handler that does not return.
    /// </summary>
    private async Task EndedAsync(Task handled, TClient client, CancellationToken cancellationToken)
    {
        await handled.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (handled.IsCompleted)
        {
            return;
        }

        TimeSpan drain = options.DrainTimeout > s_longestWait ? Timeout.InfiniteTimeSpan : options.DrainTimeout;
        await handled.WaitAsync(drain, _clock, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!handled.IsCompleted)
        {
            _isAborted = true;
            client.Abort();
            await handled.WaitAsync(s_reactionTime, _clock, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
