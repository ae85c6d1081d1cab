namespace SocketKit.Sockets.Messages;

/// <summary>Where a call is on its way.</summary>
internal enum OutgoingState : byte
{
    /// <summary>It is not in use.</summary>
    Free,

    /// <summary>It waits for its turn, and its token takes it out.</summary>
    Queued,

    /// <summary>Its bytes are among those that are being sent.</summary>
    Staged,

    /// <summary>Its outcome is known.</summary>
    Ended,
}
