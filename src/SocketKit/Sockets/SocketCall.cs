using System.Net.Sockets;

namespace SocketKit.Sockets;

/// <summary>Keeps a descriptor from being closed, and its number from going to another connection, during a call of this library's own.</summary>
internal readonly ref struct SocketCall : IDisposable
{
    private readonly SocketBase _owner;
    private readonly string _operation;
    private readonly string? _subject;

    /// <param name="owner">Whose socket it is.</param>
    /// <param name="operation">What is to be done, for the message of the exception: "get option".</param>
    /// <param name="subject">What to, if that is no endpoint: "TCP_NODELAY".</param>
    /// <exception cref="ObjectDisposedException">The owner is disposed, or closing.</exception>
    public SocketCall(SocketBase owner, string operation, string? subject = null)
    {
        owner.Enter(operation, subject);
        _owner = owner;
        _operation = operation;
        _subject = subject;
    }

    public Socket Socket => _owner.SocketFor(_operation, _subject);

    public void Dispose() => _owner.Leave();
}
