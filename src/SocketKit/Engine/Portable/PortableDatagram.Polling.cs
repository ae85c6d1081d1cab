using SocketKit.Engine.Polling;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Portable;

/// <summary>Waiting through a poller, which also has to know of the error that an async wait has taken from the socket.</summary>
internal sealed partial class PortableDatagram : IPollTarget
{
    private PollWatches _watches;

    public override IPollTarget PollTarget => this;

    public PollKind Kind => PollKind.Datagram;

    /// <summary>The error is thrown by the next receive, so only that would not wait. What is left of a train is there, too.</summary>
    public Readiness Held => Volatile.Read(ref _waitError) != 0 ? Readiness.Readable | Readiness.Error
        : _calls.IsHolding ? Readiness.Readable
        : Readiness.None;

    ref PollWatches IPollTarget.Watches => ref _watches;

    public bool TryLease(out nint handle) => SocketLease.TryBegin(_socket, out handle);

    public void EndLease() => SocketLease.End(_socket);
}
