using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Sockets.Limits;

namespace SocketKit.Sockets.Serving;

/// <summary>
/// Accepts until the server stops. No error of accept(2) ends it: it retries after transient errors, and waits while descriptors or memory
/// are short.
/// </summary>
/// <param name="channel">The listener.</param>
/// <param name="local">The server's address, for log lines.</param>
/// <param name="stopped">Completes when the server stops, so that no pause lasts longer.</param>
/// <param name="logger">The server's logger.</param>
/// <param name="clock">The system's clock, except in tests.</param>
/// <param name="counters">The server's counters.</param>
/// <param name="continuesInline">
/// Whether what runs between two accepts is short, so that it may continue on the loop: the library's code, the AddressFilter, log lines.
/// </param>
internal sealed class AcceptLoop(
    ListenerChannel channel,
    EndPoint? local,
    Task stopped,
    ILogger logger,
    TimeProvider clock,
    ServerCounters counters,
    bool continuesInline) : IDisposable
{
    // The back-off of Go (net/http, Server.Serve). The maximum is lower here, so that clients are served within a second after a shortage
    // ends.
    private const int FirstDelayMilliseconds = 5;
    private const int LongestDelayMilliseconds = 500;

    /// <summary>A listener that keeps failing must not use up a core.</summary>
    private const int RetryDelayMilliseconds = 10;

    /// <summary>With a pause after so many errors in a row there are at most 1000 per second.</summary>
    private const int MostRetriesInARow = 10;

    /// <summary>The most waiting clients that are turned away per shortage.</summary>
    private const int MostTurnedAway = 1024;

    private readonly SpareDescriptor _reserve = new();
    private readonly LogRate _shortageRate = new(clock);
    private readonly LogRate _retryRate = new(clock);
    private readonly LogRate _brokenRate = new(clock);
    private int _delay = FirstDelayMilliseconds;
    private int _retries;

    /// <summary>Returns the next connection; null when the listener was closed or the token fired.</summary>
    public async ValueTask<StreamChannel?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            AcceptResult accepted = await AcceptAsync(cancellationToken).ConfigureAwait(false);
            switch (accepted.Outcome.Status)
            {
                case ChannelStatus.Success:
                    _delay = FirstDelayMilliseconds;
                    _retries = 0;
                    return accepted.Channel;
                case ChannelStatus.Failed when ErrorTable.IsResourceShortage(accepted.Outcome.Error):
                    await WaitOutAsync(accepted.Outcome, cancellationToken).ConfigureAwait(false);
                    break;
                case ChannelStatus.Failed:
                    await RetryAsync(accepted, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    return null;
            }
        }
    }

    public void Dispose() => _reserve.Dispose();

    private async ValueTask<AcceptResult> AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await channel.AcceptAsync(Timeout.InfiniteTimeSpan, continuesInline, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Errors of accept(2) come as statuses, so this exception is unexpected. The next accept may succeed; the server must not stop
            // accepting because of it.
            return AcceptResult.Broken(exception);
        }
    }

    private async ValueTask RetryAsync(AcceptResult accepted, CancellationToken cancellationToken)
    {
        SocketError error = accepted.Outcome.Error;
        counters.AcceptFailed();
        if (accepted.Unexpected is { } unexpected)
        {
            if (_brokenRate.ShouldLog(out _))
            {
                Log.AcceptBroke(logger, unexpected, local);
            }
        }
        else if (_retryRate.ShouldLog(out _))
        {
            Log.AcceptRetried(logger, local, error);
        }

        if (!ErrorTable.IsTransientAcceptError(error) || ++_retries % MostRetriesInARow == 0)
        {
            await PauseAsync(RetryDelayMilliseconds, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask WaitOutAsync(IoResult outcome, CancellationToken cancellationToken)
    {
        counters.AcceptFailed();
        TurnAway();
        if (_shortageRate.ShouldLog(out _))
        {
            Log.AcceptStarved(logger, local, outcome.Error, TimeSpan.FromMilliseconds(_delay));
        }

        await PauseAsync(_delay, cancellationToken).ConfigureAwait(false);
        _delay = Math.Min(_delay * 2, LongestDelayMilliseconds);
    }

    private void TurnAway()
    {
        _reserve.Release();
        try
        {
            for (int i = 0; i < MostTurnedAway && channel.Accept(TimeSpan.Zero).Channel is { } waiting; i++)
            {
                waiting.Abort(CloseReason.Error);
                counters.Rejected(RejectReason.Shortage);
            }
        }
        catch (Exception exception)
        {
            // As in AcceptAsync: the clients that were not turned away stay in the backlog.
            if (_brokenRate.ShouldLog(out _))
            {
                Log.AcceptBroke(logger, exception, local);
            }
        }

        _reserve.Retake();
    }

    private async ValueTask PauseAsync(int milliseconds, CancellationToken cancellationToken) =>
        await stopped.WaitAsync(TimeSpan.FromMilliseconds(milliseconds), clock, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
