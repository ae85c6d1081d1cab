using System.Net.Sockets;

namespace SocketKit.Sockets;

/// <summary>Keeps a descriptor open during a call of the library, so that its number cannot go to another socket meanwhile.</summary>
internal readonly ref struct SocketCall : IDisposable
{
    private readonly SocketBase _owner;
    private readonly string _operation;
    private readonly string? _subject;

    /// <param name="owner">The owner of the socket.</param>
    /// <param name="operation">The operation, for the exception's message: "get option".</param>
    /// <param name="subject">What the operation applies to, if it is not an endpoint: "TCP_NODELAY".</param>
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
