namespace SocketKit.Compare;

/// <summary>What kind of load a cell puts on a server.</summary>
internal enum LoadKind
{
    /// <summary>Closed loop: each connection sends the next message when an echo is complete.</summary>
    Echo,

    /// <summary>Messages leave by the clock, whether or not echoes come back.</summary>
    FixedRate,

    /// <summary>Connects, gets one message back and closes.</summary>
    Connect,

    /// <summary>Connections that say nothing.</summary>
    Idle,

    /// <summary>Closed loop over UDP.</summary>
    Datagrams,

    /// <summary>Closed loop against handlers that compute; nothing is pinned.</summary>
    Work,

    /// <summary>Closed loop from the first message on, second by second.</summary>
    StartUp,

    /// <summary>Handlers that sleep, and what their neighbours notice of it.</summary>
    Held,

    /// <summary>Datagrams that go one way, as fast as they can be sent: the sender is what is compared.</summary>
    Send,

    /// <summary>Datagrams that go one way by the clock: the receiver is what is compared.</summary>
    Receive,

    /// <summary>The client is what is compared: one message after the other against one server.</summary>
    PingPong,
}
