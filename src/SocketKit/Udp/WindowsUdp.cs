using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Sockets.Options;

namespace SocketKit.Udp;

/// <summary>Windows-only options of UDP sockets.</summary>
internal static class WindowsUdp
{
    // mswsock.h: SIO_UDP_CONNRESET and SIO_UDP_NETRESET, as the signed numbers that IOControl takes.
    private const int ConnectionResetCode = -1744830452;
    private const int NetworkResetCode = -1744830449;

    private static readonly byte[] s_off = [0, 0, 0, 0];

    /// <summary>Without these, an ICMP error about one peer would fail a receive of an endpoint that serves many peers.</summary>
    [SupportedOSPlatform("windows")]
    public static void IgnoreIcmpErrors(Socket socket)
    {
        PlainOption.Set(socket, "SIO_UDP_CONNRESET", false, static (socket, _) => socket.IOControl(ConnectionResetCode, s_off, null));
        PlainOption.Set(socket, "SIO_UDP_NETRESET", false, static (socket, _) => socket.IOControl(NetworkResetCode, s_off, null));
    }
}
