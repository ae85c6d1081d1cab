using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Platform;

namespace SocketKit.Engine.Linux.Datagrams;

/// <summary>
/// Datagrams on epoll. The channel keeps the Socket and makes the system calls itself. Blocking calls wait in the kernel or in poll(2). The
/// first async call that has to wait registers the descriptor with a loop.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class EpollDatagram : DatagramChannel, IDescriptorOwner
{
    private readonly Socket _socket;
    private readonly bool _ownsSocket;
    private readonly DatagramCalls _calls;
    private readonly DatagramPeer _peer;
    private readonly EpollDescriptor _descriptor;
    private int _closed;

    /// <param name="loops">The loops, one of which it is registered with when it first has to wait.</param>
    /// <param name="socket">A datagram socket.</param>
    /// <param name="ownsSocket">Whether closing the channel closes the socket.</param>
    public EpollDatagram(EpollLoops loops, Socket socket, bool ownsSocket)
    {
        _socket = socket;
        _ownsSocket = ownsSocket;
        _calls = new NativeDatagramCalls(socket);
        _peer = new DatagramPeer(_calls);
        int number = (int)socket.SafeHandle.DangerousGetHandle();
        _descriptor = new EpollDescriptor(loops, number, this, watched: EpollDescriptor.DatagramEvents);
        if (!ownsSocket)
        {
            _descriptor.KernelWaits.Share();
        }
    }

    public override SocketEngine Engine => _descriptor.Engine;

    public override Socket Socket => _socket;

    public override bool IsClosed => _descriptor.IsClosing;

    public override bool NeedsGuard => true;

    public override Dispatch Dispatch
    {
        get => _descriptor.Dispatch;
        set => _descriptor.Dispatch = value;
    }

    ServiceSignal IDescriptorOwner.SignalOf(CancellationToken cancellationToken) => ServiceSignal.None;

    public override IoResult Connect(SocketAddress remote) => ChangePeer(remote);

    public override IoResult Disconnect() => ChangePeer(null);

    public override void KeepPeer(SocketAddress? remote, bool repeat) => _peer.Keep(remote, repeat);

    public override SocketAddress? ReadLocalAddress()
    {
        try
        {
            return _calls.ReadLocalAddress();
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: there is no address any more.
            return null;
        }
    }

    public override SafeSocketHandle DuplicateHandle()
    {
        SafeSocketHandle duplicate = Descriptors.Duplicate(_socket);
        _descriptor.KernelWaits.Share();
        return duplicate;
    }

    private IoResult ChangePeer(SocketAddress? remote)
    {
        if (_descriptor.IsClosing)
        {
            return IoResult.Ended(ChannelStatus.Closed);
        }

        try
        {
            return _peer.Change(remote);
        }
        catch (ObjectDisposedException)
        {
            // Closed since the check above, by this library or by the socket's owner.
            return IoResult.Ended(ChannelStatus.Closed);
        }
    }
}
