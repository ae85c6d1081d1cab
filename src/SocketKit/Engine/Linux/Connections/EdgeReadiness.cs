namespace SocketKit.Engine.Linux.Connections;

/// <summary>The meaning of an epoll event for a stream.</summary>
[Flags]
internal enum EdgeReadiness
{
    None = 0,

    /// <summary>A receive would not wait: data, an end, or an error.</summary>
    Readable = 1,

    /// <summary>A send would not wait: room, or an error.</summary>
    Writable = 2,

    /// <summary>
    /// The peer has finished or the connection is dead: no receive will wait again, and no further edge announces the end.
    /// </summary>
    ReadsOver = 4,

    /// <summary>The connection is dead: no send will wait again.</summary>
    WritesOver = 8,
}
