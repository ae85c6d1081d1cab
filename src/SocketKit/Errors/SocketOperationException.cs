using System.Net;
using System.Net.Sockets;

namespace SocketKit;

/// <summary>
/// A call of this library failed, or could not be made. Every <see cref="SocketException"/> of this library is one; its message names the
/// operation, the endpoints and the reason. Whether the socket is usable afterwards is said at the member that throws.
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

    /// <summary>What failed, as in the message: "receive", "send", "connect", "set option TCP_NODELAY", "join group".</summary>
    public string Operation { get; }

    /// <summary>This side's address; for a bind or listen the one that was asked for. Null where there is none.</summary>
    public EndPoint? LocalEndPoint { get; }

    /// <summary>The peer, or the target of a send or connect. Null where there is none.</summary>
    public EndPoint? RemoteEndPoint { get; }

    /// <summary>The socket whose call failed, so that a server knows its own connection's failures from others.</summary>
    /// <value>Null where there was no socket yet.</value>
    internal SocketBase? Origin { get; init; }

    /// <summary>Whether this side made the call impossible, as a half-close does to a send; the peer may be well.</summary>
    internal bool IsOwnDoing { get; init; }
}
