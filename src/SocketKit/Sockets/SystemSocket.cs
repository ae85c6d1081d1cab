using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Sockets;

/// <summary>socket(2), with the operation and the address in what it throws.</summary>
internal static class SystemSocket
{
    /// <summary>A socket that will bind to an address of this machine.</summary>
    public static Socket OpenFor(SocketOperation operation, EndPoint local, SocketType type, ProtocolType protocol)
    {
        try
        {
            return new Socket(local.AddressFamily, type, protocol);
        }
        catch (SocketException exception)
        {
            // Said again with the address and the remedy, which .NET's message lacks.
            string? hint = local is IPEndPoint ip ? IPv6Support.WhyNot(exception.SocketErrorCode, ip.Address) : null;
            throw Faults.Wrap(operation, exception, local, hint);
        }
    }

    /// <summary>A socket that will connect; null for a target that its caller names.</summary>
    public static Socket OpenForConnect(AddressFamily family, SocketType type, ProtocolType protocol, EndPoint? remote)
    {
        try
        {
            return new Socket(family, type, protocol);
        }
        catch (SocketException exception)
        {
            // Said again with the target and the remedy, which .NET's message lacks.
            string target = remote is null ? string.Empty : $" to {remote}";
            string? hint = remote is IPEndPoint ip ? IPv6Support.WhyNot(exception.SocketErrorCode, ip.Address) : null;
            string message = $"connect{target} failed: {hint ?? Faults.Explain(exception.SocketErrorCode)}";
            throw new SocketOperationException(
                exception.SocketErrorCode, message, Faults.NameOf(SocketOperation.Connect), null, remote);
        }
    }
}
