using System.Net.Sockets;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Portable;

/// <summary>The channel whose readability a <see cref="ZeroByteReceive"/> waits for.</summary>
internal interface IZeroByteOwner : IReadinessOwner
{
    /// <summary>Data was there when a wait for it was to begin, so more may be.</summary>
    void NoteQueued();

    /// <summary>A pending error that a wait has taken from the socket belongs to the next receive.</summary>
    void NoteWaitError(SocketError error);

    /// <summary>Data, an end or an error is there, or was.</summary>
    void OnReadable();
}
