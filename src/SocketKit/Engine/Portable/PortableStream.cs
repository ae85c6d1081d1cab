using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Portable;

/// <summary>
/// A stream over a System.Net.Sockets.Socket. The descriptor blocks in the kernel only until the first call that must not block. From
/// then on every call is non-blocking and this class does the waiting: by poll(2) for blocking calls, by <see cref="ZeroByteReceive"/>
/// for async ones.
/// </summary>
internal sealed partial class PortableStream : SocketStream, IZeroByteOwner
{
    private readonly SocketEngine _engine;
    private readonly Socket _socket;
    private readonly bool _ownsSocket;
    private readonly bool _blockingAtFirst;
    private readonly bool _blockedInKernelAtFirst;
    private readonly EndPoint? _local;
    private readonly EndPoint? _remote;
    private volatile bool _nonBlocking;
    private KernelWaits _kernelWaits;

    /// <param name="engine">The engine that opens it.</param>
    /// <param name="socket">A connected socket.</param>
    /// <param name="ownsSocket">Whether closing the channel closes the socket.</param>
    /// <param name="blocksInKernel">Whether the descriptor is known to block.</param>
    public PortableStream(SocketEngine engine, Socket socket, bool ownsSocket, bool blocksInKernel)
    {
        _engine = engine;
        _socket = socket;
        _ownsSocket = ownsSocket;
        _kernelWaits = new KernelWaits(isShared: !ownsSocket);
        _blockingAtFirst = socket.Blocking;
        _blockedInKernelAtFirst = !ownsSocket && Descriptors.IsKnownToBlock(socket);
        _nonBlocking = !blocksInKernel || !ownsSocket;
        if (_nonBlocking)
        {
            Descriptors.MakeNonBlocking(socket);
        }

        _local = AddressOf(socket, static socket => socket.LocalEndPoint);
        _remote = AddressOf(socket, static socket => socket.RemoteEndPoint);
    }

    public override SocketEngine Engine => _engine;

    public override Socket Socket => _socket;

    public override Dispatch Dispatch { get; set; }

    public override EndPoint? LocalEndPoint => _local;

    public override EndPoint? RemoteEndPoint => _remote;

    public override int UnreadBytes
    {
        get
        {
            try
            {
                return _socket.Available;
            }
            catch (SocketException)
            {
                // The connection is gone, and with it what was unread.
                return 0;
            }
            catch (ObjectDisposedException)
            {
                // Closed meanwhile, by this library or by the socket's owner.
                return 0;
            }
        }
    }

    public override int UnsentBytes => Descriptors.Unsent(_socket);

    protected override bool CanWaitInKernel => !_nonBlocking;

    /// <summary>Always true: the socket's handle counts the callers.</summary>
    public override bool TryEnter() => true;

    public override void Leave()
    {
        // The socket's handle counts the callers.
    }

    public override bool TryLease(out nint handle) => SocketLease.TryBegin(_socket, out handle);

    public override void EndLease() => SocketLease.End(_socket);

    public override SafeSocketHandle DuplicateHandle()
    {
        StopWaitingInKernel();
        SafeSocketHandle duplicate = Descriptors.Duplicate(_socket);
        _kernelWaits.Share();
        return duplicate;
    }

    public override void CancelServed(ServiceSignal signal)
    {
        Volatile.Read(ref _receive)?.CancelServed(signal);
        _waiters.CancelServed(this, signal);
    }

    protected override void StopWaitingInKernel()
    {
        if (_nonBlocking)
        {
            return;
        }

        try
        {
            Descriptors.MakeNonBlocking(_socket);
            _nonBlocking = true;
        }
        catch (ObjectDisposedException)
        {
            // The next call finds the socket closed, and reports it.
        }
    }

    protected override SocketError ShutdownSendOnce()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            return SocketError.Success;
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            return SocketError.OperationAborted;
        }
        catch (SocketException exception)
        {
            // Most often the peer has closed first. The caller knows whether that was reported already.
            return exception.SocketErrorCode;
        }
    }

    private static EndPoint? AddressOf(Socket socket, Func<Socket, EndPoint?> read)
    {
        try
        {
            return SocketAddresses.Unmap(read(socket));
        }
        catch (SocketException)
        {
            // The peer reset the connection in the backlog, so getpeername(2) fails. The first receive reports the reset.
            return null;
        }
    }
}
