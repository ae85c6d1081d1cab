namespace SocketKit;

/// <summary>Why a connection has ended, or is about to. The reason is set before <see cref="StreamConnection.Closed"/> fires.</summary>
public enum CloseReason
{
    /// <summary>The connection is open in both directions, as far as this side knows.</summary>
    None,

    /// <summary>
    /// The peer has finished sending (FIN). This side may still send, so a reset, a limit or the stop of the server may become the reason
    /// later.
    /// </summary>
    PeerFinished,

    /// <summary>The peer reset the connection (RST), or a send found it broken.</summary>
    PeerReset,

    /// <summary>This side called <c>Dispose</c>.</summary>
    LocalDispose,

    /// <summary>
    /// This side called <c>Abort</c>, cancelled a TLS handshake, or cancelled a send after part of its message had been sent. Or the peer
    /// sent what can be no message (<c>FrameException</c>), so the <c>MessageChannel</c> broke the connection off. If the peer has finished
    /// before, the reason stays <see cref="PeerFinished"/>.
    /// </summary>
    LocalAbort,

    /// <summary>The kernel gave up on the peer: keep-alive probes or retransmissions were not answered.</summary>
    TimedOut,

    /// <summary>
    /// The server closed the connection, with FIN, because no byte moved for as long as its <c>FirstByteTimeout</c> or <c>IdleTimeout</c>
    /// says.
    /// </summary>
    IdleTimeout,

    /// <summary>
    /// The connection was closed, with RST, because its peer was too slow. It took nothing of a send that waited, for as long as the
    /// server's <c>SendStallTimeout</c> says. Or it needed longer for a message than <c>MessageOptions.MessageTimeout</c> or
    /// <c>MinimumRate</c> allow. Or it did not take in time what was queued when a <c>MessageChannel</c> was disposed.
    /// </summary>
    SlowPeer,

    /// <summary>The server stopped.</summary>
    ServerStopped,

    /// <summary>Any other failure that the system reported.</summary>
    Error,
}
