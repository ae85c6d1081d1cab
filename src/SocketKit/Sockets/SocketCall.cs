using System.Net.Sockets;

namespace SocketKit.Sockets;

/// <summary>Keeps a descriptor from being closed, and its number from going to another connection, during a call of this library's own.</summary>
internal readonly ref struct SocketCall : IDisposable
{
    private readonly SocketBase _owner;

    /// <exception cref="ObjectDisposedException">The owner is disposed, or closing.</exception>
    public SocketCall(SocketBase owner)
    {
        owner.Enter();
        _owner = owner;
    }

    public Socket Socket => _owner.Socket;

    public void Dispose() => _owner.Leave();
}
