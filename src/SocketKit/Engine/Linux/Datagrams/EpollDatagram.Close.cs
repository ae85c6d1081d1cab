using System.Net.Sockets;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux.Datagrams;

/// <summary>Registration and closing, by this library or by whoever else has the Socket.</summary>
internal sealed partial class EpollDatagram
{
    private readonly Lock _registering = new();
    private bool _isHeld;

    protected override void Close()
    {
        EndWatches();
        Claims claims;
        bool others;
        try
        {
            using var lease = new DescriptorLease(Socket.SafeHandle);
            claims = _descriptor.BeginClose(out others);
        }
        catch (ObjectDisposedException)
        {
            // The socket's owner closed it; closing the descriptor removed the registration.
            claims = _descriptor.BeginClose(out others, isGone: true);
        }

        LetGo();
        EndSocket(mayWait: others);
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
                Socket.SafeHandle.DangerousAddRef(ref isHeld);
            }
            catch (ObjectDisposedException)
            {
                // Closed meanwhile, by this library or by the socket's owner.
                return SocketError.OperationAborted;
            }

            SocketError error = _descriptor.Register(events);
            if (error != SocketError.Success)
            {
                Socket.SafeHandle.DangerousRelease();
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
                Socket.SafeHandle.DangerousRelease();
            }
        }
    }

    private bool IsSocketDisposed()
    {
        try
        {
            _ = Socket.Available;
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
}
