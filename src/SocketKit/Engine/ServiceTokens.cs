namespace SocketKit.Engine;

/// <summary>
/// The tokens of one service, and how long it lets a send stall. All its connections share this object, so that each of them pays for one
/// reference.
/// </summary>
/// <param name="sendStallTimeout">How long a send may wait without progress; may be infinite.</param>
/// <param name="stopping">Fires with <see cref="ServiceSignal.Stopping"/>.</param>
/// <param name="ending">Fires with <see cref="ServiceSignal.Ending"/>; handlers are given it.</param>
internal sealed class ServiceTokens(TimeSpan sendStallTimeout, CancellationToken stopping, CancellationToken ending)
{
    public TimeSpan SendStallTimeout => sendStallTimeout;

    public CancellationToken Stopping => stopping;

    public CancellationToken Ending => ending;

    /// <summary>The signal that this token fires with.</summary>
    public ServiceSignal SignalOf(CancellationToken cancellationToken) =>
        cancellationToken == ending ? ServiceSignal.Ending
        : cancellationToken == stopping ? ServiceSignal.Stopping
        : ServiceSignal.None;
}
