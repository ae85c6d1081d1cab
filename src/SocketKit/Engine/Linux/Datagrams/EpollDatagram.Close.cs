using System.Net.Sockets;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux.Datagrams;

/// <summary>Registration and closing, by this library or by whoever else has the Socket.</summary>
internal sealed partial class EpollDatagram
{
    private readonly Lock _registering = new();
    private bool _isHeld;

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        _watches.Close();
        Claims claims;
        bool others;
        try
        {
            using var lease = new DescriptorLease(_socket.SafeHandle);
            claims = _descriptor.BeginClose(out others);
        }
        catch (ObjectDisposedException)
        {
            // The socket's owner closed it; closing the descriptor removed the registration.
            claims = _descriptor.BeginClose(out others, isGone: true);
        }

        LetGo();
        if (_ownsSocket)
        {
            CloseSocket(others);
        }
        else
        {
            GiveBack();
        }

        _descriptor.EndClose(claims);
        EndSends();
    }

    /// <summary>
    /// Another holder has shut the socket down, or somebody disposes the Socket itself. That waits for <see cref="_isHeld"/> to end, and
    /// shuts the socket down to say so.
    /// </summary>
    void IDescriptorOwner.OnReadsOver(bool isNoticed)
    {
        if (IsSocketDisposed())
        {
            Dispose();
        }
    }

    /// <summary>The closing thread disposes the Socket, which waits for the calls under way.</summary>
    void IDescriptorOwner.CloseUnused()
    {
    }

    /// <summary>
    /// Registers the descriptor with a loop. From then on the channel holds the handle, so that nobody closes the descriptor without its
    /// knowledge: epoll(7) would forget it in silence, and pending calls would wait for ever.
    /// </summary>
    private SocketError Register(uint events)
    {
        if (Volatile.Read(ref _isHeld))
        {
            return _descriptor.Register(events);
        }

        lock (_registering)
        {
            if (_isHeld)
            {
                return _descriptor.Register(events);
            }

            bool isHeld = false;
            try
            {
                _socket.SafeHandle.DangerousAddRef(ref isHeld);
            }
            catch (ObjectDisposedException)
            {
                // Closed meanwhile, by this library or by the socket's owner.
                return SocketError.OperationAborted;
            }

            SocketError error = _descriptor.Register(events);
            if (error != SocketError.Success)
            {
                _socket.SafeHandle.DangerousRelease();
                return error;
            }

            Volatile.Write(ref _isHeld, true);
            return error;
        }
    }

    /// <summary>The descriptor is not registered any more, and is not registered again.</summary>
    private void LetGo()
    {
        lock (_registering)
        {
            if (_isHeld)
            {
                Volatile.Write(ref _isHeld, false);
                _socket.SafeHandle.DangerousRelease();
            }
        }
    }

    private bool IsSocketDisposed()
    {
        try
        {
            _ = _socket.Available;
            return false;
        }
        catch (ObjectDisposedException)
        {
            // The only way in which Socket tells.
            return true;
        }
        catch (SocketException)
        {
            // The system has no answer, but the Socket asked it.
            return false;
        }
    }

    private void CloseSocket(bool others)
    {
        // A child process that is being started holds the descriptor for a moment. Senders must not reach a Unix socket by it.
        bool isReachable = _socket.AddressFamily == AddressFamily.Unix;
        if ((others || isReachable) && (!_descriptor.KernelWaits.IsShared || _descriptor.KernelWaits.Any))
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
        }
        catch (ObjectDisposedException)
        {
            // The owner closed its socket first.
        }
    }
}
