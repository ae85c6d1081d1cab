using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;

namespace SocketKit.Errors;

/// <summary>Explains a system error to the caller of an operation, with the remedy if there is one.</summary>
internal static class Reasons
{
    /// <summary>Ports below this one need a privilege on Unix systems: PROT_SOCK of the kernel (net/sock.h).</summary>
    private const int FirstFreePort = 1024;

    /// <param name="error">The system's error.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="local">The address that a bind or listen requested.</param>
    public static string Of(SocketError error, SocketOperation operation = SocketOperation.Wait, EndPoint? local = null) => error switch
    {
        SocketError.AccessDenied => Denied(operation, local),
        SocketError.AddressNotAvailable => NotAvailable(operation, local),
        SocketError.AddressAlreadyInUse => local is IPEndPoint { Port: 0 }
            ? "no ephemeral port is free (AddressAlreadyInUse)."
            : "the address is in use (AddressAlreadyInUse). Another socket has this port or path.",
        _ => Plain(error),
    };

    private static string Plain(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "nobody listens there (ConnectionRefused).",
        SocketError.ConnectionReset => "the peer reset the connection (ConnectionReset).",
        SocketError.ConnectionAborted => "the connection was aborted by the peer or the network (ConnectionAborted).",
        SocketError.Shutdown => "the peer has closed the connection (Shutdown).",
        SocketError.NotConnected => "there is no connection, or none any more (NotConnected).",
        SocketError.TimedOut => "the peer did not answer and the system gave up on it (TimedOut).",
        SocketError.NetworkDown => "the network interface is down (NetworkDown).",
        SocketError.NetworkUnreachable => "there is no route to that network (NetworkUnreachable).",
        SocketError.HostDown => "the host is down (HostDown).",
        SocketError.HostUnreachable => "there is no route to that host (HostUnreachable).",
        SocketError.MessageSize => "the message is too long for one datagram (MessageSize).",
        SocketError.NoBufferSpaceAvailable => "the system has no memory left for it, or a queue or limit is full (NoBufferSpaceAvailable).",
        SocketError.HostNotFound => "the name is not known (HostNotFound).",
        SocketError.NoData => "the name is known, but has no address of the family asked for (NoData).",
        SocketError.TryAgain => "no name server answered, or it could not tell now (TryAgain). The name may exist; try again later.",
        SocketError.NoRecovery => "no name server gave an answer that can be used (NoRecovery). Look at the settings of the resolver.",
        SocketError.TooManyOpenSockets => "the process or the system has no descriptor left (TooManyOpenSockets).",
        SocketError.AddressFamilyNotSupported =>
            "the address has another family than the socket, or the system lacks that family (AddressFamilyNotSupported).",
        SocketError.InvalidArgument => "the system does not take that, or not in this state of the socket (InvalidArgument).",
        SocketError.OperationNotSupported => "a socket of this kind cannot do it (OperationNotSupported).",
        SocketError.SocketError => "the system gave an error that .NET has no name for (SocketError).",
        _ => $"{new SocketException((int)error).Message} ({error}).",
    };

    private static string Denied(SocketOperation operation, EndPoint? local) => operation switch
    {
        SocketOperation.Bind or SocketOperation.Listen when local is IPEndPoint { Port: > 0 and < FirstFreePort } ip =>
            $"no right to port {ip.Port} (AccessDenied). Ports below {FirstFreePort} need CAP_NET_BIND_SERVICE, or an administrator.",
        SocketOperation.Send or SocketOperation.SendFile => "no right (AccessDenied). A firewall or a route forbids it.",
        SocketOperation.Connect => "no right (AccessDenied). A firewall or a route forbids it, or it is a broadcast address.",
        _ => "no right (AccessDenied).",
    };

    private static string NotAvailable(SocketOperation operation, EndPoint? local) => operation switch
    {
        SocketOperation.Bind or SocketOperation.Listen => "this machine does not have that address (AddressNotAvailable).",
        SocketOperation.Connect when local is null or IPEndPoint { Port: 0 } =>
            "all ephemeral ports are taken, or the address does not exist on this machine (AddressNotAvailable).",
        _ => "the address is not available here (AddressNotAvailable).",
    };
}
