using System.Net;
using System.Net.Sockets;

namespace SocketKit;

/// <summary>
/// A call of this library failed. Every <see cref="SocketException"/> that the library throws is of this type; its message contains the
/// operation, the endpoints and the reason. The documentation of each member says whether the socket stays usable.
/// </summary>
/// <example>
/// <code>
/// catch (SocketOperationException exception) when (exception.IsDisconnect())
/// {
///     Console.WriteLine($"{exception.Operation} with {exception.RemoteEndPoint}: the peer has gone");
/// }
/// </code>
/// </example>
public class SocketOperationException : SocketException
{
    internal SocketOperationException(
        SocketError error, string message, string operation, EndPoint? localEndPoint = null, EndPoint? remoteEndPoint = null)
        : base((int)error, message)
    {
        Operation = operation;
        LocalEndPoint = localEndPoint;
        RemoteEndPoint = remoteEndPoint;
    }

    /// <summary>
    /// The operation that failed, as in the message: "receive", "send", "connect", "set option TCP_NODELAY", "join group".
    /// </summary>
    public string Operation { get; }

    /// <summary>The local address; for a bind or listen, the requested one. Null if there is none.</summary>
    public EndPoint? LocalEndPoint { get; }

    /// <summary>The peer, or the target of a send or connect. Null if there is none.</summary>
    public EndPoint? RemoteEndPoint { get; }

    /// <summary>The socket whose call failed. A server compares it with its own connection.</summary>
    /// <value>Null if there was no socket yet.</value>
    internal SocketBase? Origin { get; init; }

    /// <summary>Whether this side made the call impossible, as its own half-close does for a send. The peer may be alive.</summary>
    internal bool IsOwnDoing { get; init; }
}
