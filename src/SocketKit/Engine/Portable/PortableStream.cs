using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Portable;

/// <summary>
/// A stream over a System.Net.Sockets.Socket. The descriptor blocks in the kernel only until the first call that must not; from then on
/// every call is non-blocking and this class does the waiting: poll(2) for blocking calls, <see cref="ZeroByteReceive"/> for async ones.
/// </summary>
internal sealed partial class PortableStream : StreamCore, IReadableOwner
{
    private readonly Socket _socket;
    private readonly bool _ownsSocket;
    private readonly bool _blockingAtFirst;
    private readonly bool _blockedInKernelAtFirst;
    private readonly EndPoint? _local;
    private readonly EndPoint? _remote;
    private volatile bool _nonBlocking;
    private int _restored;
    private KernelWaits _longWaits;

    /// <param name="socket">A connected socket.</param>
    /// <param name="ownsSocket">Whether closing the channel closes the socket.</param>
    /// <param name="blocksInKernel">Whether the descriptor is known to block.</param>
    public PortableStream(Socket socket, bool ownsSocket, bool blocksInKernel)
    {
        _socket = socket;
        _ownsSocket = ownsSocket;
        _longWaits = new KernelWaits(isShared: !ownsSocket);
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

    public override Socket Socket => _socket;

    public override EndPoint? LocalEndPoint => _local;

    public override EndPoint? RemoteEndPoint => _remote;

    protected override bool CanWaitInKernel => !_nonBlocking;

    /// <summary>Always: the socket's own handle counts the callers.</summary>
    public override bool TryEnter() => true;

    public override void Leave()
    {
        // As above.
    }

    public override SafeSocketHandle DuplicateHandle()
    {
        StopWaitingInKernel();
        SafeSocketHandle duplicate = Descriptors.Duplicate(_socket);
        _longWaits.Share();
        return duplicate;
    }

    public override void CancelServed(ServiceSignal signal)
    {
        Volatile.Read(ref _receive)?.InterruptFollowing(signal);
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
            // The call that comes next finds the socket closed, and says so.
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
            // Closed meanwhile, by this library or behind its back.
            return SocketError.OperationAborted;
        }
        catch (SocketException exception)
        {
            // Most often the peer has gone first. The caller knows whether that was reported already.
            return exception.SocketErrorCode;
        }
    }

    protected override void CloseDescriptor(bool withReset)
    {
        if (!_ownsSocket)
        {
            return;
        }

        if (withReset)
        {
            CloseWithReset();
        }
        else
        {
            CloseGracefully();
        }
    }

    protected override void EndPending()
    {
        Volatile.Read(ref _send)?.Interrupt();
        Volatile.Read(ref _receive)?.Interrupt(ChannelStatus.Closed);
        OnUnused();
        _waiters.End(this);
    }

    /// <summary>The last one out gives a borrowed socket back in the mode it had: a call that still runs must not block in it.</summary>
    protected override void OnUnused()
    {
        Interlocked.MemoryBarrier();
        if (!_ownsSocket && Volatile.Read(ref _receiving) == 0 && !IsSending && Interlocked.Exchange(ref _restored, 1) == 0)
        {
            RestoreBlocking();
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
            // The peer reset the connection in the backlog: getpeername(2) fails, the first receive will tell.
            return null;
        }
    }

    private void CloseWithReset()
    {
        try
        {
            // RST instead of FIN, and nothing of the send queue is delivered: socket(7), SO_LINGER.
            _socket.LingerState = new LingerOption(true, 0);
        }
        catch (SocketException)
        {
            // The connection is gone already, which is what an abort asks for.
        }
        catch (ObjectDisposedException)
        {
            // Somebody closed the socket behind our back: the same.
        }

        _socket.Dispose();
    }

    private void CloseGracefully()
    {
        try
        {
            if (_longWaits is { IsShared: true, Any: false })
            {
                Descriptors.Detach(_socket);
            }
            else
            {
                DiscardUnread();

                // Also wakes every thread that waits in the socket. Closing first would send RST while an operation is pending.
                _socket.Shutdown(SocketShutdown.Both);
            }
        }
        catch (SocketException)
        {
            // The peer has gone first: there is nobody to say goodbye to.
        }
        catch (ObjectDisposedException)
        {
            // Somebody closed the socket behind our back: nothing is left to do.
        }

        CloseSocket();
    }

    private void CloseSocket()
    {
        if (Linger > TimeSpan.Zero)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static socket => socket.Dispose(), _socket, preferLocal: false);
        }
        else
        {
            _socket.Dispose();
        }
    }

    private void DiscardUnread()
    {
        if (_socket.Available == 0)
        {
            return;
        }

        Descriptors.MakeNonBlocking(_socket);
        Span<byte> scratch = stackalloc byte[CloseDrainPart];
        for (int left = CloseDrainBytes; left > 0;)
        {
            int received = _socket.Receive(scratch[..Math.Min(left, scratch.Length)], SocketFlags.None, out _);
            if (received <= 0)
            {
                return;
            }

            left -= received;
        }
    }

    private void RestoreBlocking()
    {
        try
        {
            _socket.Blocking = _blockingAtFirst;
            if (_blockedInKernelAtFirst && _readableWait is null)
            {
                Descriptors.RestoreBlocking(_socket);
            }
        }
        catch (ObjectDisposedException)
        {
            // The owner closed its socket first.
        }
    }
}
