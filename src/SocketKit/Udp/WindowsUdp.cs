using System.Net.Sockets;
using System.Runtime.Versioning;

namespace SocketKit.Udp;

/// <summary>What Windows needs beside the common options.</summary>
internal static class WindowsUdp
{
    // mswsock.h: SIO_UDP_CONNRESET and SIO_UDP_NETRESET, as the signed numbers that IOControl takes.
    private const int ConnectionResetCode = -1744830452;
    private const int NetworkResetCode = -1744830449;

    /// <summary>An ICMP error about one receiver would otherwise end the receives of an endpoint that serves them all.</summary>
    [SupportedOSPlatform("windows")]
    public static void IgnoreIcmpErrors(Socket socket)
    {
        byte[] off = [0, 0, 0, 0];
        socket.IOControl(ConnectionResetCode, off, null);
        socket.IOControl(NetworkResetCode, off, null);
    }
}
