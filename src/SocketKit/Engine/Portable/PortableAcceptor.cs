using System.Net.Sockets;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Portable;

/// <summary>
/// Accepts with System.Net.Sockets. The listener does not block: another process may be quicker than whoever saw a connection.
/// </summary>
internal sealed class PortableAcceptor : IAcceptor
{
    private readonly SocketEngine _engine;
    private readonly Socket _socket;
    private readonly bool _isToBlockAgain;
    private volatile bool _hasWaited;

    public PortableAcceptor(SocketEngine engine, Socket socket, bool ownsSocket)
    {
        _engine = engine;
        _socket = socket;
        _isToBlockAgain = !ownsSocket && Descriptors.IsKnownToBlock(socket);
        Descriptors.MakeNonBlocking(socket);
    }

    public StreamChannel? TryAccept()
    {
        // Asked first: on a socket that does not block, .NET says by an exception that nothing is there.
        if (!_socket.Poll(0, SelectMode.SelectRead))
        {
            return null;
        }

        try
        {
            return Wrap(_socket.Accept());
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
        {
            // Another was quicker, or the peer has reset the connection.
            return null;
        }
    }

    public async ValueTask<StreamChannel> AcceptAsync(CancellationToken cancellationToken)
    {
        _hasWaited = true;
        return Wrap(await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false));
    }

    public void Close()
    {
        // Closing the socket ends what is pending. A borrowed one gets its mode back, unless .NET needs the other one for its own waits.
        if (!_isToBlockAgain || _hasWaited)
        {
            return;
        }

        try
        {
            Descriptors.RestoreBlocking(_socket);
        }
        catch (ObjectDisposedException)
        {
            // The owner closed its socket first.
        }
    }

    private PortableStream Wrap(Socket accepted)
    {
        // .NET hands the listener's mode down. It would cost a system call more per receive for good.
        accepted.Blocking = true;
        return new PortableStream(_engine, accepted, ownsSocket: true, Descriptors.IsKnownToBlock(accepted));
    }
}
