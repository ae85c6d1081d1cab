using System.Net.Sockets;
using SocketKit.Engine.Platform;

namespace SocketKit.Engine.Portable;

internal sealed partial class PortableStream
{
    private int _restored;

    /// <summary>The seconds of SO_LINGER; −1 if it is off.</summary>
    private int Linger => _socket.LingerState is { Enabled: true } linger ? linger.LingerTime : -1;

    protected override bool IsToReset()
    {
        try
        {
            return _ownsSocket && Linger == 0;
        }
        catch (SocketException)
        {
            // Some systems refuse options once the peer has closed, and then a reset reaches nobody.
            return false;
        }
        catch (ObjectDisposedException)
        {
            // The socket's owner closed it.
            return false;
        }
    }

    protected override void CloseTransport(bool withReset)
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
        _waiters.EndAll(this);
    }

    /// <summary>
    /// The last caller to leave restores the mode of a borrowed socket, because a call that still runs must not block in it.
    /// </summary>
    protected override void OnUnused()
    {
        Interlocked.MemoryBarrier();
        if (!_ownsSocket && Volatile.Read(ref _receiving) == 0 && !IsSending && Interlocked.Exchange(ref _restored, 1) == 0)
        {
            RestoreBlocking();
        }
    }

    private void CloseWithReset()
    {
        try
        {
            // RST instead of FIN, and unsent data is dropped: socket(7), SO_LINGER.
            _socket.LingerState = new LingerOption(true, 0);
        }
        catch (SocketException)
        {
            // The connection is gone already, which is what an abort asks for.
        }
        catch (ObjectDisposedException)
        {
            // The socket's owner closed it, which is what an abort asks for.
        }

        _socket.Dispose();
    }

    private void CloseGracefully()
    {
        try
        {
            if (Linger > 0)
            {
                _socket.LingerState = new LingerOption(false, 0);
            }

            if (_kernelWaits is { IsShared: true, Any: false })
            {
                Descriptors.Detach(_socket);
            }
            else
            {
                if (_socket.Available > 0)
                {
                    StopWaitingInKernel();
                    DiscardUnread();
                }

                // Also wakes every thread that waits in the socket. Without it, closing would send RST while an operation is pending.
                _socket.Shutdown(SocketShutdown.Both);
            }
        }
        catch (SocketException)
        {
            // The peer has closed first, so shutdown(2) fails.
        }
        catch (ObjectDisposedException)
        {
            // The socket's owner closed it: nothing is left to do.
        }

        _socket.Dispose();
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
