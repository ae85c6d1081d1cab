namespace SocketKit.Engine.Linux.Connections;

/// <summary>The result of the attempt to begin an operation.</summary>
internal enum BeginOutcome
{
    /// <summary>Begun. No data or room is known of, so the operation waits before its first system call.</summary>
    Begun,

    /// <summary>Begun, and a system call may succeed at once.</summary>
    BegunReady,

    /// <summary>Another operation of this direction is under way.</summary>
    Busy,

    /// <summary>The connection is closing.</summary>
    Closing,
}
