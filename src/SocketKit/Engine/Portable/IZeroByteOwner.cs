using System.Net.Sockets;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Portable;

/// <summary>The channel whose readability a <see cref="ZeroByteReceive"/> waits for.</summary>
internal interface IZeroByteOwner : IReadinessOwner
{
    /// <summary>A wait was about to begin and found data, so there may be more.</summary>
    void NoteQueued();

    /// <summary>A wait has taken a pending error from the socket; the next receive reports it.</summary>
    void NoteWaitError(SocketError error);

    /// <summary>Data, an end or an error is there, unless another call has taken it already.</summary>
    void OnReadable();
}
