using System.Net;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;

namespace SocketKit.Sockets.Serving;

/// <summary>Accepts until stopped. No error of accept(2) ends it: transient ones are retried, shortages are waited out.</summary>
/// <param name="channel">What to accept from.</param>
/// <param name="local">For the log.</param>
/// <param name="stopped">Ends when the server is stopped, so that no pause outlasts it.</param>
/// <param name="logger">The server's.</param>
/// <param name="continuesInline">Whether what follows a connection is the library's own.</param>
internal sealed class AcceptLoop(ListenerChannel channel, EndPoint? local, Task stopped, ILogger logger, bool continuesInline) : IDisposable
{
    // The back-off of Go (net/http, Server.Serve), but clients are to be served within a second of the shortage's end.
    private const int FirstDelayMilliseconds = 5;
    private const int LongestDelayMilliseconds = 500;

    /// <summary>A listener that fails over and over for an unknown reason must not take a core.</summary>
    private const int UnknownErrorDelayMilliseconds = 10;

    /// <summary>Waiting clients that one shortage turns away at most.</summary>
    private const int MostTurnedAway = 1024;

    private readonly SpareDescriptor _reserve = new();
    private readonly LogRate _shortageRate = new();
    private readonly LogRate _retryRate = new();
    private int _delay = FirstDelayMilliseconds;

    /// <summary>The next connection; null when the listener was closed or the token fired.</summary>
    public async ValueTask<StreamChannel?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            AcceptResult accepted = await channel.AcceptAsync(Timeout.InfiniteTimeSpan, continuesInline, cancellationToken).ConfigureAwait(false);
            switch (accepted.Outcome.Status)
            {
                case ChannelStatus.Success:
                    _delay = FirstDelayMilliseconds;
                    return accepted.Channel;
                case ChannelStatus.Failed when ErrorTable.IsResourceShortage(accepted.Outcome.Error):
                    await WaitOutAsync(accepted.Outcome, cancellationToken).ConfigureAwait(false);
                    break;
                case ChannelStatus.Failed:
                    await RetryAsync(accepted.Outcome, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    return null;
            }
        }
    }

    public void Dispose() => _reserve.Dispose();

    private async ValueTask RetryAsync(IoResult outcome, CancellationToken cancellationToken)
    {
        if (_retryRate.ShouldLog())
        {
            Log.AcceptRetried(logger, local, outcome.Error);
        }

        if (!ErrorTable.IsTransientAcceptError(outcome.Error))
        {
            await PauseAsync(UnknownErrorDelayMilliseconds, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask WaitOutAsync(IoResult outcome, CancellationToken cancellationToken)
    {
        TurnAway();
        if (_shortageRate.ShouldLog())
        {
            Log.AcceptStarved(logger, local, outcome.Error, TimeSpan.FromMilliseconds(_delay));
        }

        await PauseAsync(_delay, cancellationToken).ConfigureAwait(false);
        _delay = Math.Min(_delay * 2, LongestDelayMilliseconds);
    }

    private void TurnAway()
    {
        _reserve.Release();
        for (int i = 0; i < MostTurnedAway; i++)
        {
            AcceptResult waiting = channel.Accept(TimeSpan.Zero);
            if (waiting.Channel is null)
            {
                break;
            }

            waiting.Channel.Abort(CloseReason.Error);
        }

        _reserve.Retake();
    }

    private async ValueTask PauseAsync(int milliseconds, CancellationToken cancellationToken) =>
        await stopped.WaitAsync(TimeSpan.FromMilliseconds(milliseconds), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
