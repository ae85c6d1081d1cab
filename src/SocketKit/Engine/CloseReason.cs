namespace SocketKit;

/// <summary>Why a connection has ended, or is about to. The reason is set before <see cref="StreamConnection.Closed"/> fires.</summary>
public enum CloseReason
{
    /// <summary>The connection is open in both directions, as far as this side knows.</summary>
    None,

    /// <summary>The peer has finished sending (FIN). This side may still send.</summary>
    PeerFinished,

    /// <summary>The peer reset the connection (RST), or a send found it broken.</summary>
    PeerReset,

    /// <summary>This side called <c>Dispose</c>.</summary>
    LocalDispose,

    /// <summary>This side called <c>Abort</c>, or cancelled a send after part of its message had been sent.</summary>
    LocalAbort,

    /// <summary>The kernel gave up on the peer: keep-alive probes or retransmissions were not answered.</summary>
    TimedOut,

    /// <summary>The server closed the connection because no data moved within its idle limit. This version never sets it.</summary>
    IdleTimeout,

    /// <summary>The server closed the connection because the peer was too slow. This version never sets it.</summary>
    SlowPeer,

    /// <summary>The server stopped.</summary>
    ServerStopped,

    /// <summary>Any other failure that the system reported.</summary>
    Error,
}
