using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Linux;

/// <summary>Accepts plain descriptors. The listener keeps its Socket, and is registered by the first async accept.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollAcceptor : IAcceptor
{
    private readonly EpollLoops _loops;
    private readonly Socket _socket;
    private readonly EventWait _wait;

    public EpollAcceptor(EpollLoops loops, Socket socket)
    {
        _loops = loops;
        _socket = socket;
        _wait = new EventWait(loops.Choose());

        // accept4(2) knows no flag that would keep it from waiting when another process has taken the connection first.
        DescriptorFlags.SetNonBlocking(socket, true);
    }

    public StreamChannel? TryAccept()
    {
        bool referenced = false;
        SafeSocketHandle handle = _socket.SafeHandle;
        try
        {
            handle.DangerousAddRef(ref referenced);
            int accepted = StreamCalls.AcceptNonBlocking((int)handle.DangerousGetHandle(), out SocketError error);
            return accepted >= 0 ? new EpollStream(_loops, accepted, EndPoints.Local(accepted), EndPoints.Remote(accepted))
                : error == SocketError.WouldBlock ? null
                : throw new SocketException((int)error);
        }
        finally
        {
            if (referenced)
            {
                handle.DangerousRelease();
            }
        }
    }

    public async ValueTask<StreamChannel> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryAccept() is { } accepted)
            {
                return accepted;
            }

            Register();
            await _wait.NextAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Close()
    {
        bool referenced = false;
        SafeSocketHandle handle = _socket.SafeHandle;
        try
        {
            handle.DangerousAddRef(ref referenced);
            _wait.Unregister((int)handle.DangerousGetHandle());
        }
        catch (ObjectDisposedException)
        {
            // Closed behind our back; the registration went with the descriptor.
        }
        finally
        {
            if (referenced)
            {
                handle.DangerousRelease();
            }
        }

        _wait.Wake();
    }

    private void Register()
    {
        bool referenced = false;
        SafeSocketHandle handle = _socket.SafeHandle;
        try
        {
            handle.DangerousAddRef(ref referenced);
            _wait.Register((int)handle.DangerousGetHandle(), Libc.EPOLLIN | Libc.EPOLLET);
        }
        finally
        {
            if (referenced)
            {
                handle.DangerousRelease();
            }
        }
    }
}
