namespace SocketKit.Engine.Polling;

/// <summary>What a descriptor reports, besides that it is ready.</summary>
internal enum PollKind
{
    /// <summary>Bytes of one peer, which may finish.</summary>
    Stream,

    /// <summary>Connections.</summary>
    Listener,

    /// <summary>Datagrams, and errors that come without one.</summary>
    Datagram,
}
