using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Telemetry;

namespace SocketKit.Sockets.Connecting;

/// <summary>
/// Connects to one target, in as many rounds as the options permit. The failure of the last round is the failure of the call.
/// </summary>
/// <param name="target">The target as messages show it.</param>
/// <param name="retry">Null: there is one round.</param>
/// <param name="dispatch">Where the caller's code continues after an asynchronous connect.</param>
/// <param name="logger">The client's logger.</param>
internal abstract class Connector<TClient>(string target, RetryOptions? retry, Dispatch dispatch, ILogger logger)
    where TClient : StreamConnection
{
    private readonly LogRate? _retryRate = retry is null ? null : new LogRate(retry.Clock);

    /// <summary>The target as messages show it.</summary>
    public string Target => target;

    /// <summary>The delays between rounds; null if there is one round. They continue from one connect to the next.</summary>
    public Backoff? Backoff { get; } = retry is null ? null : new Backoff(retry);

    public ILogger Logger => logger;

    /// <summary>False for a connect to a port that nobody else knows: each would be a time series of its own.</summary>
    public bool IsObserved { get; set; } = true;

    public TClient Connect()
    {
        ConnectRound<TClient> last = Run();
        return last.Client ?? throw last.Error!;
    }

    public async Task<TClient> ConnectAsync(CancellationToken cancellationToken)
    {
        ConnectRound<TClient> last = await RunAsync(cancellationToken).ConfigureAwait(false);
        return last.Client ?? throw last.Error!;
    }

    /// <summary>Blocks the calling thread, without using the thread pool, and returns the round that succeeded or the last one.</summary>
    public ConnectRound<TClient> Run()
    {
        for (int round = 1; ; round++)
        {
            ConnectRound<TClient> outcome = Counted(IsToBeMeasured ? MeasureRound(In(round)) : RunRound(In(round)));
            if (IsOver(outcome, round))
            {
                return outcome;
            }

            TimeSpan delay = NextDelay(outcome, round);
            BlockingWait.Announce();
            Thread.Sleep(delay);
        }
    }

    /// <summary>Returns the round that succeeded or the last one, without blocking a thread.</summary>
    /// <exception cref="OperationCanceledException">The token fired before there was a connection.</exception>
    public async Task<ConnectRound<TClient>> RunAsync(CancellationToken cancellationToken)
    {
        ConnectRound<TClient> outcome = default;
        for (int round = 1; ; round++)
        {
            ThrowIfCanceled(round == 1 ? string.Empty : $" before {retry!.Show(round)}", cancellationToken);
            Task<ConnectRound<TClient>> running = IsToBeMeasured
                ? MeasureRoundAsync(In(round), cancellationToken)
                : RunRoundAsync(In(round), cancellationToken);
            outcome = Counted(await running.ConfigureAwait(false));
            if (outcome.Client is null)
            {
                ThrowIfCanceled(In(round), cancellationToken);
            }

            if (IsOver(outcome, round))
            {
                break;
            }

            await Task.Delay(NextDelay(outcome, round), retry!.Clock, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (dispatch == Dispatch.ThreadPool)
        {
            // A connect that had to wait completes on a loop, where the user code of this connection must not run.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        return outcome;
    }

    private bool IsToBeMeasured => IsObserved && ConnectMeasure.IsWanted;

    /// <summary>What carries the bytes.</summary>
    protected abstract Transport Transport { get; }

    /// <summary>The attributes of the target: as the caller has named it, so not an address that was looked up.</summary>
    protected abstract TagList TargetTags { get; }

    /// <param name="where">The round as part of a message: " in round 2", or nothing.</param>
    protected abstract ConnectRound<TClient> RunRound(string where);

    /// <summary>A round that the token ended fails with any error.</summary>
    /// <param name="where">The round as part of a message: " in round 2", or nothing.</param>
    /// <param name="cancellationToken">Ends the round and closes its descriptors.</param>
    protected abstract Task<ConnectRound<TClient>> RunRoundAsync(string where, CancellationToken cancellationToken);

    private ConnectRound<TClient> MeasureRound(string where)
    {
        var measure = new ConnectMeasure(TargetTags, Transport);
        ConnectRound<TClient> outcome;
        try
        {
            outcome = RunRound(where);
        }
        catch (Exception exception)
        {
            // The caller's Configure threw, or the thread was interrupted. The caller gets the exception.
            measure.Fail(exception);
            throw;
        }

        measure.End(outcome.Attempts, outcome.Client?.RemoteEndPoint, ErrorOf(outcome, CancellationToken.None));
        return outcome;
    }

    private async Task<ConnectRound<TClient>> MeasureRoundAsync(string where, CancellationToken cancellationToken)
    {
        var measure = new ConnectMeasure(TargetTags, Transport);
        ConnectRound<TClient> outcome;
        try
        {
            outcome = await RunRoundAsync(where, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // The caller's Configure threw, or the token fired during the name look-up. The caller gets the exception.
            measure.Fail(exception);
            throw;
        }

        measure.End(outcome.Attempts, outcome.Client?.RemoteEndPoint, ErrorOf(outcome, cancellationToken));
        return outcome;
    }

    private static string? ErrorOf(in ConnectRound<TClient> outcome, CancellationToken cancellationToken) =>
        outcome.Error is not { } error ? null
        : cancellationToken.IsCancellationRequested ? ErrorTypes.Canceled
        : error is TlsException refused ? HandshakeFaults.ErrorTypeOf(refused)
        : ErrorTypes.Of(outcome.Code);

    /// <summary>A connection counts as a client's from now on.</summary>
    private ConnectRound<TClient> Counted(ConnectRound<TClient> outcome)
    {
        if (IsObserved && outcome.Client is { } client && Instruments.ClientConnections.Enabled)
        {
            TagList tags = TargetTags;
            tags.Add(AttributeNames.Transport, EndPointTags.NameOf(Transport));
            if (client.RemoteEndPoint is IPEndPoint ip)
            {
                tags.Add(AttributeNames.NetworkType, EndPointTags.TypeOf(ip.AddressFamily));
            }

            client.CountAsClient(tags);
        }

        return outcome;
    }

    private bool IsOver(in ConnectRound<TClient> outcome, int round)
    {
        if (outcome.Error is null)
        {
            if (round > 1)
            {
                // The counterpart of the warnings that said that the target was not there.
                Log.ConnectedAfterRetries(logger, target, round);
            }

            return true;
        }

        Log.ConnectFailed(logger, target, outcome.Code, outcome.Attempts.Count);
        return retry is null || outcome.IsFinal || retry.IsLast(round);
    }

    private TimeSpan NextDelay(in ConnectRound<TClient> outcome, int round)
    {
        TimeSpan delay = Backoff!.Next();
        if (_retryRate!.ShouldLog(out _))
        {
            Log.ConnectRetried(
                logger, target, outcome.Error is TlsException ? $"{outcome.Code} (in the TLS handshake)" : outcome.Code, round, delay);
        }

        return delay;
    }

    private string In(int round) => retry is null ? string.Empty : $" in {retry.Show(round)}";

    private void ThrowIfCanceled(string when, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException($"connect to {target} was cancelled{when}.", cancellationToken);
        }
    }
}
