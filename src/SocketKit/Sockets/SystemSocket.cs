using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Sockets;

/// <summary>Calls socket(2). The exceptions name the operation and the address.</summary>
internal static class SystemSocket
{
    /// <summary>Opens a socket for binding to a local address.</summary>
    public static Socket OpenFor(SocketOperation operation, EndPoint local, SocketType type, ProtocolType protocol)
    {
        try
        {
            return new Socket(local.AddressFamily, type, protocol);
        }
        catch (SocketException exception)
        {
            // .NET's message has neither the address nor the remedy.
            string? hint = local is IPEndPoint ip ? IPv6Support.WhyNot(exception.SocketErrorCode, ip.Address) : null;
            throw Faults.Wrap(operation, exception, local, hint);
        }
    }

    /// <summary>Opens a socket for connecting. The remote address is null if the caller's message names the target.</summary>
    public static Socket OpenForConnect(AddressFamily family, SocketType type, ProtocolType protocol, EndPoint? remote)
    {
        try
        {
            return new Socket(family, type, protocol);
        }
        catch (SocketException exception)
        {
            // .NET's message has neither the target nor the remedy.
            string target = remote is null ? string.Empty : $" to {remote}";
            string? hint = remote is IPEndPoint ip ? IPv6Support.WhyNot(exception.SocketErrorCode, ip.Address) : null;
            string message = $"connect{target} failed: {hint ?? Faults.Explain(exception.SocketErrorCode)}";
            throw new SocketOperationException(
                exception.SocketErrorCode, message, Faults.NameOf(SocketOperation.Connect), null, remote);
        }
    }
}
