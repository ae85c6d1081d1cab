using SocketKit.Engine.Polling;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Linux.Datagrams;

/// <summary>Waiting through a poller. The kernel keeps everything that a receive would find.</summary>
internal sealed partial class EpollDatagram : IPollTarget
{
    private PollWatches _watches;

    public override IPollTarget PollTarget => this;

    public PollKind Kind => PollKind.Datagram;

    public Readiness Held => Readiness.None;

    ref PollWatches IPollTarget.Watches => ref _watches;

    public bool TryLease(out nint handle) => SocketLease.TryBegin(_socket, out handle);

    public void EndLease() => SocketLease.End(_socket);
}
