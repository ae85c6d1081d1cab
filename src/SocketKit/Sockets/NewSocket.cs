using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Sockets;

/// <summary>socket(2).</summary>
internal static class NewSocket
{
    /// <exception cref="SocketException">TooManyOpenSockets for one; its message names what the socket was for.</exception>
    public static Socket Open(AddressFamily family, SocketType type, ProtocolType protocol, SocketOperation operation, string where)
    {
        try
        {
            return new Socket(family, type, protocol);
        }
        catch (SocketException exception)
        {
            // Said again with the operation and the address, which .NET's message lacks.
            string? hint = family == AddressFamily.InterNetworkV6 ? IPv6Support.WhyNot(exception.SocketErrorCode, System.Net.IPAddress.IPv6Any) : null;
            throw Faults.Wrap(operation, exception, where, hint);
        }
    }
}
