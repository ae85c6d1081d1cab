using System.Net;
using System.Net.Sockets;

namespace SocketKit.Sockets;

/// <summary>Tells whether IPv6 itself is missing where an IPv6 address was refused. Asked after an error only.</summary>
internal static class IPv6Support
{
    /// <summary>RFC 863. Nothing is sent there.</summary>
    private const int DiscardPort = 9;

    /// <summary>The reason in words; null if it is another one.</summary>
    public static string? WhyNot(SocketError error, IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && IsSignOfAbsence(error) && IsOff()
            ? $"IPv6 is not available on this machine: it is switched off or not installed ({error})."
            : null;

    private static bool IsSignOfAbsence(SocketError error) =>
        error is SocketError.AddressNotAvailable or SocketError.NetworkUnreachable or SocketError.AddressFamilyNotSupported;

    /// <summary>Without IPv6 not even the loopback address has a route. A connect of UDP sends nothing.</summary>
    private static bool IsOff()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return true;
        }

        try
        {
            using var probe = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
            probe.Connect(new IPEndPoint(IPAddress.IPv6Loopback, DiscardPort));
            return false;
        }
        catch (SocketException exception)
        {
            // The error is the answer; one such as "no descriptor left" says nothing of IPv6.
            return IsSignOfAbsence(exception.SocketErrorCode);
        }
    }
}
