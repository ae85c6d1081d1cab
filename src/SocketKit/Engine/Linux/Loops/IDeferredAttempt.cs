namespace SocketKit.Engine.Linux.Loops;

/// <summary>An attempt that was put off so that the loop's other connections come first.</summary>
internal interface IDeferredAttempt
{
    /// <summary>On the loop: the attempt is to be made now; only system calls and queueing.</summary>
    void OnReady();
}
