using System.Net;
using System.Net.Sockets;

namespace SocketKit.Engine.Portable;

/// <summary>
/// A stream over a System.Net.Sockets.Socket. The descriptor blocks in the kernel only until the first call that must not; from then on
/// every call is non-blocking and this class does the waiting: poll(2) for blocking calls, <see cref="ReadableWait"/> for async ones.
/// </summary>
internal sealed partial class PortableStream : StreamChannel, IReadableOwner
{
    /// <summary>A socket that is not ours alone cannot be shut down to wake a waiting thread, so such a wait looks up this often.</summary>
    private const int LookUpMilliseconds = 50;

    /// <summary>Unread bytes at close make the kernel send RST (RFC 9293 section 3.6.1); up to this many are read and discarded first.</summary>
    private const int CloseDrainBytes = 64 * 1024;

    private readonly Socket _socket;
    private readonly bool _ownsSocket;
    private readonly bool _blockingAtFirst;
    private readonly bool _blockedInKernelAtFirst;
    private readonly CloseSignal _signal = new();
    private readonly EndPoint? _local;
    private readonly EndPoint? _remote;
    private volatile bool _nonBlocking;
    private volatile bool _closing;
    private int _closed;
    private int _restored;
    private volatile bool _duplicated;
    private volatile bool _sendShut;
    private volatile bool _resetReported;

    /// <param name="socket">A connected socket.</param>
    /// <param name="ownsSocket">Whether closing the channel closes the socket.</param>
    /// <param name="blocksInKernel">Whether the descriptor is known to block.</param>
    public PortableStream(Socket socket, bool ownsSocket, bool blocksInKernel)
    {
        _socket = socket;
        _ownsSocket = ownsSocket;
        _waiters = new ReadableWaiters(this);
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

    public override bool IsClosed => _closing;

    public override bool IsReceiving => Volatile.Read(ref _receiving) != 0;

    public override CloseReason CloseReason => _signal.Reason;

    private int PollChunk => _ownsSocket && !_duplicated ? PollWait.LongestMilliseconds : LookUpMilliseconds;

    public override Transfer ShutdownSend()
    {
        if (_closing)
        {
            return Transfer.Ended(ChannelStatus.Closed);
        }

        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            _sendShut = true;
            return default;
        }
        catch (ObjectDisposedException)
        {
            return Transfer.Ended(ChannelStatus.Closed);
        }
        catch (SocketException) when (_signal.Reason is CloseReason.PeerReset or CloseReason.TimedOut)
        {
            // After a reset there is nothing left to finish; the reset itself was or will be reported by a receive.
            return default;
        }
        catch (SocketException exception)
        {
            return Fail(exception.SocketErrorCode, 0);
        }
    }

    public override SafeSocketHandle DuplicateHandle()
    {
        MakeNonBlocking();
        SafeSocketHandle duplicate = Descriptors.Duplicate(_socket);
        _duplicated = true;
        return duplicate;
    }

    public override void Abort(CloseReason reason)
    {
        if (!BeginClose(reason))
        {
            return;
        }

        if (_ownsSocket)
        {
            CloseWithReset();
        }

        EndClose();
    }

    public override void Dispose()
    {
        if (!BeginClose(CloseReason.LocalDispose))
        {
            return;
        }

        if (_ownsSocket && (Linger == TimeSpan.Zero || IsMessageCut()))
        {
            CloseWithReset();
        }
        else if (_ownsSocket)
        {
            CloseGracefully();
        }

        EndClose();
    }

    private static EndPoint? AddressOf(Socket socket, Func<Socket, EndPoint?> read)
    {
        try
        {
            return read(socket);
        }
        catch (SocketException)
        {
            // The peer reset the connection in the backlog: getpeername(2) fails, the first receive will tell.
            return null;
        }
    }

    /// <summary>From the first call that must not block in the kernel, the descriptor never does again.</summary>
    private void MakeNonBlocking()
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

    private bool BeginClose(CloseReason reason)
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return false;
        }

        _closing = true;

        // A sender takes its turn and then looks; Dispose announces and then looks for senders. One of them sees the other.
        Interlocked.MemoryBarrier();
        _signal.Close(reason);
        return true;
    }

    private void EndClose()
    {
        _sendGate.Close();
        Volatile.Read(ref _send)?.Interrupt();
        InterruptReceive();
        RestoreWhenUnused();
        _waiters.End();
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
            if (_duplicated)
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
        Span<byte> scratch = stackalloc byte[4096];
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

    /// <summary>The last one out gives a borrowed socket back in the mode it had: a call that still runs must not block in it.</summary>
    private void RestoreWhenUnused()
    {
        Interlocked.MemoryBarrier();
        if (!_ownsSocket && Volatile.Read(ref _receiving) == 0 && !_sendGate.IsHeld && Interlocked.Exchange(ref _restored, 1) == 0)
        {
            RestoreBlocking();
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

    /// <summary>Notes what a failed operation says about the connection, and turns errors of our own closing into Closed.</summary>
    private Transfer Fail(SocketError error, int count)
    {
        if (_closing)
        {
            return Transfer.Ended(ChannelStatus.Closed, count);
        }

        if (error == SocketError.ConnectionReset)
        {
            _resetReported = true;
        }

        // After our own half-close a send fails although the peer is well, and this side goes on receiving.
        if (error != SocketError.Shutdown || !_sendShut)
        {
            _signal.Close(ErrorTable.ReasonOf(error));
        }

        return Transfer.Failed(error, count);
    }
}
