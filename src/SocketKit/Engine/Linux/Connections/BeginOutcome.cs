namespace SocketKit.Engine.Linux.Connections;

/// <summary>What became of the attempt to begin an operation.</summary>
internal enum BeginOutcome
{
    /// <summary>Begun. As far as is known nothing is there, so waiting comes first.</summary>
    Begun,

    /// <summary>Begun, and a system call may succeed at once.</summary>
    BegunReady,

    /// <summary>Another operation of this direction is under way.</summary>
    Busy,

    /// <summary>The connection is closing.</summary>
    Closing,
}
