using System.Net.Sockets;

namespace SocketKit.Engine.Streams;

/// <summary>How an engine accepts from a listening socket.</summary>
internal interface IAcceptor
{
    /// <summary>accept(2) if a connection is there; null otherwise.</summary>
    /// <exception cref="SocketException">The system refused.</exception>
    /// <exception cref="ObjectDisposedException">The listener was disposed.</exception>
    StreamChannel? TryAccept();

    /// <summary>accept(2) without blocking a thread. One call at a time.</summary>
    /// <exception cref="SocketException">The system refused.</exception>
    /// <exception cref="ObjectDisposedException">The listener was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token fired; no connection was taken.</exception>
    ValueTask<StreamChannel> AcceptAsync(CancellationToken cancellationToken);

    /// <summary>The listener is about to be closed.</summary>
    void Close();
}
