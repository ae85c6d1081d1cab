namespace SocketKit;

/// <summary>Why a connection is over, or nearly so. The reason is set before <see cref="StreamConnection.Closed"/> fires.</summary>
public enum CloseReason
{
    /// <summary>The connection is open in both directions, as far as is known.</summary>
    None,

    /// <summary>The peer has finished sending (FIN). This side may still send.</summary>
    PeerFinished,

    /// <summary>The peer reset the connection (RST), or it was found broken when sending.</summary>
    PeerReset,

    /// <summary>This side called <c>Dispose</c>.</summary>
    LocalDispose,

    /// <summary>This side called <c>Abort</c>, or a cancelled send left a cut message behind.</summary>
    LocalAbort,

    /// <summary>The kernel gave up on the peer: keep-alive probes or retransmissions stayed unanswered.</summary>
    TimedOut,

    /// <summary>The server closed the connection because nothing moved within its idle limit. From servers with limits.</summary>
    IdleTimeout,

    /// <summary>The server closed the connection because the peer was too slow. From servers with limits.</summary>
    SlowPeer,

    /// <summary>The server stopped.</summary>
    ServerStopped,

    /// <summary>Any other failure that the system reported.</summary>
    Error,
}
