namespace SocketKit.Engine.Streams;

/// <summary>The part of a channel that <see cref="ReadinessWaiters"/> needs.</summary>
internal interface IReadinessOwner
{
    bool IsClosing { get; }

    ref ReadinessWaiters Waiters { get; }

    /// <summary>See <see cref="StreamChannel.SignalOf"/>; none for a channel without a service.</summary>
    ServiceSignal SignalOf(CancellationToken cancellationToken);

    /// <summary>Starts, or joins, the wait for data. False if data is there already.</summary>
    bool StartReadableWait();

    /// <summary>Starts, or joins, the wait for room to send. False if there is room already.</summary>
    bool StartWritableWait();
}
