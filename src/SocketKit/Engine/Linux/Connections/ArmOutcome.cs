namespace SocketKit.Engine.Linux.Connections;

/// <summary>The result of the attempt to wait for an event.</summary>
internal enum ArmOutcome
{
    /// <summary>Waiting: from now on the thread that claims the operation owns it.</summary>
    Armed,

    /// <summary>An edge came since the last attempt: try again.</summary>
    Ready,

    /// <summary>The caller's token fired meanwhile.</summary>
    Canceled,

    /// <summary>The connection is closing.</summary>
    Closing,
}
