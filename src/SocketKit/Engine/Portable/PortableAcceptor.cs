using System.Net.Sockets;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Portable;

/// <summary>
/// Accepts with System.Net.Sockets. The listener does not block, because another process may take the connection that a poll has seen.
/// </summary>
internal sealed class PortableAcceptor : IAcceptor
{
    private readonly SocketEngine _engine;
    private readonly Socket _socket;
    private readonly bool _mustBlockAgain;
    private volatile bool _hasWaited;

    public PortableAcceptor(SocketEngine engine, Socket socket, bool ownsSocket)
    {
        _engine = engine;
        _socket = socket;
        _mustBlockAgain = !ownsSocket && Descriptors.IsKnownToBlock(socket);
        Descriptors.MakeNonBlocking(socket);
    }

    public StreamChannel? TryAccept()
    {
        // Polls first: on a socket that does not block, .NET throws if no connection is there.
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
            // Another process was faster, or the peer has reset the connection.
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
        // Closing the socket ends a pending accept. A borrowed listener gets its mode back, unless .NET needs it non-blocking for its own
        // waits.
        if (!_mustBlockAgain || _hasWaited)
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
        // An accepted Socket inherits the listener's mode. A non-blocking one would cost one system call more per receive.
        accepted.Blocking = true;
        return new PortableStream(_engine, accepted, ownsSocket: true, Descriptors.IsKnownToBlock(accepted));
    }
}
