namespace SocketKit.Engine.Streams;

/// <summary>
/// A stream over a socket: what every engine has in common beneath the queue. The kernel reports an error once, to
/// whichever call comes first; handles go with the first byte; unread bytes at close would turn the finish into a reset.
/// </summary>
internal abstract partial class SocketStream : QueuedStream
{
    protected abstract override bool CanWaitInKernel { get; }

    protected abstract override void StopWaitingInKernel();
}
