using System.Net;
using System.Net.Sockets;

namespace SocketKit.Sockets;

/// <summary>Finds out, after an error with an IPv6 address, whether this machine has no IPv6 at all.</summary>
internal static class IPv6Support
{
    /// <summary>The discard port of RFC 863. Nothing is sent to it.</summary>
    private const int DiscardPort = 9;

    /// <summary>Says that IPv6 is off, if that explains the error; otherwise null.</summary>
    public static string? WhyNot(SocketError error, IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && IsSignOfAbsence(error) && IsOff()
            ? $"IPv6 is not available on this machine: it is switched off or not installed ({error})."
            : null;

    private static bool IsSignOfAbsence(SocketError error) =>
        error is SocketError.AddressNotAvailable or SocketError.NetworkUnreachable or SocketError.AddressFamilyNotSupported;

    /// <summary>Without IPv6 even the loopback address has no route. Connecting a UDP socket sends nothing.</summary>
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
            // The error code is the answer. An unrelated error, such as "no descriptor left", says nothing about IPv6.
            return IsSignOfAbsence(exception.SocketErrorCode);
        }
    }
}
