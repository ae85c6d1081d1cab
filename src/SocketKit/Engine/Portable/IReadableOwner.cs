using System.Net.Sockets;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Portable;

/// <summary>A channel, as its readiness wait and its pending receive see it.</summary>
internal interface IReadableOwner : IReadinessOwner
{
    /// <summary>Data was there when a wait for it was to begin, so more may be.</summary>
    void NoteQueued();

    /// <summary>A pending error that the wait has taken from the socket belongs to the next receive.</summary>
    void NoteWaitError(SocketError error);

    /// <summary>Data, an end or an error is there, or was.</summary>
    void OnReadable();
}
