using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

/// <summary>
/// Datagrams over a System.Net.Sockets.Socket. A receive without a deadline may wait in the kernel. All other calls are single attempts
/// with poll(2), a <see cref="ZeroByteReceive"/> or, for sends, a pause between them.
/// </summary>
internal sealed partial class PortableDatagram : DatagramChannel, IZeroByteOwner
{
    private readonly SocketEngine _engine;
    private readonly Socket _socket;
    private readonly bool _ownsSocket;
    private readonly bool _blockingAtFirst;
    private readonly DatagramCalls _calls;
    private readonly DatagramPeer _peer;
    private volatile bool _closing;
    private int _closed;

    public PortableDatagram(SocketEngine engine, Socket socket, bool ownsSocket, DatagramCalls calls, bool blockingAtFirst)
    {
        _engine = engine;
        _socket = socket;
        _ownsSocket = ownsSocket;
        _kernelWaits = new KernelWaits(isShared: !ownsSocket);
        _calls = calls;
        _peer = new DatagramPeer(calls);
        _blockingAtFirst = blockingAtFirst;
    }

    public override SocketEngine Engine => _engine;

    public override Socket Socket => _socket;

    public override bool IsClosed => _closing;

    public bool IsClosing => _closing;

    ref ReadinessWaiters IReadinessOwner.Waiters => ref _waiters;

    ServiceSignal IReadinessOwner.SignalOf(CancellationToken cancellationToken) => ServiceSignal.None;

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

    public override IoTask WaitReadableAsync(CancellationToken cancellationToken) =>
        _calls.IsHolding && !_closing && !cancellationToken.IsCancellationRequested ? new(default(IoResult)) : _waiters.WaitAsync(this, SelectMode.SelectRead, cancellationToken);

    /// <summary>Nobody waits for room here: a send waits by itself.</summary>
    bool IReadinessOwner.StartWritableWait() => false;

    public override SafeSocketHandle DuplicateHandle()
    {
        SafeSocketHandle duplicate = Descriptors.Duplicate(_socket);
        _kernelWaits.Share();
        return duplicate;
    }

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        // A full fence: a receive that begins now sees the flag, or this thread sees its operation below.
        _closing = true;
        Interlocked.MemoryBarrier();
        _watches.Close();
        if (_ownsSocket)
        {
            CloseSocket();
        }
        else
        {
            GiveBack();
        }

        Volatile.Read(ref _receive)?.Interrupt(ChannelStatus.Closed);
        InterruptSends();
        _waiters.EndAll(this);
    }

    private IoResult ChangePeer(SocketAddress? remote)
    {
        if (_closing)
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

    private void CloseSocket()
    {
        if (!_kernelWaits.IsShared || _kernelWaits.Any)
        {
            try
            {
                // Wakes every thread that waits in the socket. It fails on a socket without a peer, and wakes them all the same.
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                // The socket has no peer; the waiting threads are awake all the same.
            }
            catch (ObjectDisposedException)
            {
                // The socket's owner closed it, so no thread waits in it.
            }
        }

        _socket.Dispose();
    }

    private void GiveBack()
    {
        try
        {
            _calls.Restore();
            _socket.Blocking = _blockingAtFirst;
        }
        catch (ObjectDisposedException)
        {
            // The owner closed its socket first.
        }
    }
}
