namespace SocketKit.Engine.Linux.Loops;

/// <summary>An attempt that was postponed so that the loop's other connections come first.</summary>
internal interface IDeferredAttempt
{
    /// <summary>Called on the loop: makes the attempt now. Only system calls and queueing are allowed.</summary>
    void OnReady();
}
