using System.Net.Sockets;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Portable;

/// <summary>Accepts with System.Net.Sockets.</summary>
internal sealed class PortableAcceptor : IAcceptor
{
    private readonly SocketEngine _engine;
    private readonly Socket _socket;

    public PortableAcceptor(SocketEngine engine, Socket socket)
    {
        _engine = engine;
        _socket = socket;

        // An accepted socket would inherit the non-blocking mode, and with it an extra system call per receive for good.
        socket.Blocking = true;
    }

    public StreamChannel? TryAccept() => _socket.Poll(0, SelectMode.SelectRead) ? Wrap(_socket.Accept()) : null;

    public async ValueTask<StreamChannel> AcceptAsync(CancellationToken cancellationToken) =>
        Wrap(await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false));

    public void Close()
    {
        // Closing the socket ends what is pending.
    }

    private PortableStream Wrap(Socket accepted) => new(_engine, accepted, ownsSocket: true, blocksInKernel: OperatingSystem.IsLinux());
}
