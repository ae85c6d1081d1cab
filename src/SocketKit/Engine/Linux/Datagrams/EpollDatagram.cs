using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Datagrams;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Linux.Datagrams;

/// <summary>
/// Datagrams on epoll. The channel keeps the Socket and makes the system calls itself. Blocking calls wait in the kernel or in poll(2). The
/// first async call that has to wait registers the descriptor with a loop.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class EpollDatagram : DatagramCore, IDescriptorOwner
{
    private readonly EpollDescriptor _descriptor;

    /// <param name="loops">The loops, one of which it is registered with when it first has to wait.</param>
    /// <param name="socket">A datagram socket.</param>
    /// <param name="ownsSocket">Whether closing the channel closes the socket.</param>
    public EpollDatagram(EpollLoops loops, Socket socket, bool ownsSocket)
        : base(socket, ownsSocket, new NativeDatagramCalls(socket))
    {
        int number = (int)socket.SafeHandle.DangerousGetHandle();
        _descriptor = new EpollDescriptor(loops, number, this, watched: EpollDescriptor.DatagramEvents);
        if (!ownsSocket)
        {
            KernelWaits.Share();
        }
    }

    public override SocketEngine Engine => _descriptor.Engine;

    public override bool IsClosed => _descriptor.IsClosing;

    public override bool NeedsGuard => true;

    public override Dispatch Dispatch
    {
        get => _descriptor.Dispatch;
        set => _descriptor.Dispatch = value;
    }

    protected override ref KernelWaits KernelWaits => ref _descriptor.KernelWaits;

    ServiceSignal IDescriptorOwner.SignalOf(CancellationToken cancellationToken) => ServiceSignal.None;
}
