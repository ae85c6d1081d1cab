using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Sockets;

/// <summary>Binds TCP and UDP sockets to IP addresses.</summary>
internal static class LocalBinding
{
    /// <summary>
    /// Opens a socket at a local address. With DualMode, the unspecified IPv6 address means all addresses, even on a machine without IPv6.
    /// </summary>
    public static Socket Open<TOptions>(IPEndPoint asked, bool dualMode, TOptions options, Func<IPEndPoint, TOptions, Socket> open)
        where TOptions : SocketOptions
    {
        IPEndPoint local = Addresses.Unmap(asked);
        bool isAny = dualMode && local.Address.Equals(IPAddress.IPv6Any);
        IPEndPoint endPoint = isAny && !Socket.OSSupportsIPv6 ? new IPEndPoint(IPAddress.Any, local.Port) : local;
        try
        {
            return open(endPoint, options);
        }
        catch (SocketException exception) when (
            isAny && IsSignOfAbsence(exception.SocketErrorCode) && !options.IsOfConfigure(exception))
        {
            // IPv6 is compiled in but switched off (sysctl disable_ipv6).
            return open(new IPEndPoint(IPAddress.Any, local.Port), options);
        }
    }

    private static bool IsSignOfAbsence(SocketError error) =>
        error is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable;

    /// <summary>bind(2).</summary>
    public static void Bind(Socket socket, IPEndPoint local)
    {
        try
        {
            socket.Bind(local);
        }
        catch (SocketException exception)
        {
            // .NET's message has neither the local address nor the remedy. A failed connect would name the remote address.
            throw Faults.Wrap(SocketOperation.Bind, exception, local, IPv6Support.WhyNot(exception.SocketErrorCode, local.Address));
        }
    }
}
