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
    private readonly bool _isToBlockAgain;

    public EpollAcceptor(EpollLoops loops, Socket socket, bool ownsSocket)
    {
        _loops = loops;
        _socket = socket;
        _wait = new EventWait(loops.Choose());

        _isToBlockAgain = !ownsSocket && !DescriptorFlags.IsNonBlocking(socket);

        // accept4(2) knows no flag that would keep it from waiting when another process has taken the connection first.
        DescriptorFlags.SetNonBlocking(socket, true);
    }

    public StreamChannel? TryAccept()
    {
        using var lease = new DescriptorLease(_socket.SafeHandle);
        int accepted = StreamCalls.AcceptNonBlocking(lease.Descriptor, out SocketError error);
        return accepted >= 0 ? new EpollStream(_loops, accepted, EndPoints.Local(accepted), EndPoints.Remote(accepted))
            : error == SocketError.WouldBlock ? null
            : throw new SocketException((int)error);
    }

    public async ValueTask<StreamChannel> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // A borrowed listener's next connection is its owner's.
            cancellationToken.ThrowIfCancellationRequested();
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
        try
        {
            using var lease = new DescriptorLease(_socket.SafeHandle);
            _wait.Unregister(lease.Descriptor);
            if (_isToBlockAgain)
            {
                // .NET did not notice the change, so it would not undo it.
                DescriptorFlags.SetNonBlocking(_socket, false);
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed behind our back; the registration went with the descriptor.
        }

        _wait.Wake();
    }

    private void Register()
    {
        using var lease = new DescriptorLease(_socket.SafeHandle);
        _wait.Register(lease.Descriptor, Libc.EPOLLIN | Libc.EPOLLET);
    }
}
