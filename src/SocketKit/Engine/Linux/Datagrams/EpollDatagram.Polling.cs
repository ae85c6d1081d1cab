using SocketKit.Engine.Polling;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Linux.Datagrams;

/// <summary>Waiting through a poller. What is left of a train is not in the kernel any more.</summary>
internal sealed partial class EpollDatagram : IPollTarget
{
    private PollWatches _watches;

    public override IPollTarget PollTarget => this;

    public PollKind Kind => PollKind.Datagram;

    public Readiness Held => _calls.IsHolding ? Readiness.Readable : Readiness.None;

    ref PollWatches IPollTarget.Watches => ref _watches;

    public bool TryLease(out nint handle) => SocketLease.TryBegin(_socket, out handle);

    public void EndLease() => SocketLease.End(_socket);
}
