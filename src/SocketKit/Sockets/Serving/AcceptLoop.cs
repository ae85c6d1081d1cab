using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;

namespace SocketKit.Sockets.Serving;

/// <summary>Accepts until stopped. No error of accept(2) ends it: transient ones are retried, shortages are waited out.</summary>
/// <param name="channel">What to accept from.</param>
/// <param name="local">For the log.</param>
/// <param name="stopped">Ends when the server is stopped, so that no pause outlasts it.</param>
/// <param name="logger">The server's.</param>
/// <param name="clock">The system's, but for tests.</param>
/// <param name="continuesInline">Whether what follows a connection is the library's own.</param>
internal sealed class AcceptLoop(
    ListenerChannel channel, EndPoint? local, Task stopped, ILogger logger, TimeProvider clock, bool continuesInline) : IDisposable
{
    // The back-off of Go (net/http, Server.Serve), but clients are to be served within a second of the shortage's end.
    private const int FirstDelayMilliseconds = 5;
    private const int LongestDelayMilliseconds = 500;

    /// <summary>A listener that fails over and over for an unknown reason must not take a core.</summary>
    private const int UnknownErrorDelayMilliseconds = 10;

    /// <summary>Waiting clients that one shortage turns away at most.</summary>
    private const int MostTurnedAway = 1024;

    private readonly SpareDescriptor _reserve = new();
    private readonly LogRate _shortageRate = new(clock);
    private readonly LogRate _retryRate = new(clock);
    private readonly LogRate _brokenRate = new(clock);
    private int _delay = FirstDelayMilliseconds;

    /// <summary>The next connection; null when the listener was closed or the token fired.</summary>
    public async ValueTask<StreamChannel?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            AcceptResult accepted = await AcceptAsync(cancellationToken).ConfigureAwait(false);
            switch (accepted.Outcome.Status)
            {
                case ChannelStatus.Success:
                    _delay = FirstDelayMilliseconds;
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
            // Outcomes are statuses, so this one is unknown, and the next accept may be well: the server must not go deaf because of it.
            return AcceptResult.Broken(exception);
        }
    }

    private async ValueTask RetryAsync(AcceptResult accepted, CancellationToken cancellationToken)
    {
        SocketError error = accepted.Outcome.Error;
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

        if (!ErrorTable.IsTransientAcceptError(error))
        {
            await PauseAsync(UnknownErrorDelayMilliseconds, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask WaitOutAsync(IoResult outcome, CancellationToken cancellationToken)
    {
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
            }
        }
        catch (Exception exception)
        {
            // As in AcceptAsync: those who were not turned away stay in the backlog.
            Log.AcceptBroke(logger, exception, local);
        }

        _reserve.Retake();
    }

    private async ValueTask PauseAsync(int milliseconds, CancellationToken cancellationToken) =>
        await stopped.WaitAsync(TimeSpan.FromMilliseconds(milliseconds), clock, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
