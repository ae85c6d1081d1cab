using System.Net.Sockets;

namespace SocketKit.Engine.Streams;

/// <summary>The part of a channel that its waits for readability need.</summary>
internal interface IReadinessOwner
{
    bool IsClosing { get; }

    ref ReadabilityWaiters Waiters { get; }

    /// <summary>See <see cref="StreamChannel.Follows"/>; nothing does for a channel without a service.</summary>
    bool Follows(CancellationToken cancellationToken);

    /// <summary>Starts, or joins, the wait for data. False when it is there already.</summary>
    bool StartReadableWait();

    /// <summary>Data was there when a wait for it was to begin, so more may be.</summary>
    void NoteQueued();

    /// <summary>A pending error that a wait has taken from the socket belongs to the next receive.</summary>
    void NoteWaitError(SocketError error);

    /// <summary>Data, an end or an error is there, or was.</summary>
    void OnReadable();
}
