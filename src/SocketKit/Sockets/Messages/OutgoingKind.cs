namespace SocketKit.Sockets.Messages;

/// <summary>What a place in the send queue holds.</summary>
internal enum OutgoingKind : byte
{
    /// <summary>Nothing: a flush ends when everything in front of it has been sent.</summary>
    Flush,

    /// <summary>A message in the caller's memory, which is framed when its turn comes.</summary>
    Body,

    /// <summary>A message that was framed by its call.</summary>
    Framed,

    /// <summary>Messages that were copied and framed, and whose calls have returned.</summary>
    Copied,
}
