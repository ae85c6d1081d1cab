using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Sockets;
using SocketKit.Sockets.Options;

namespace SocketKit.Udp;

/// <summary>Makes, configures and binds UDP sockets.</summary>
internal static class UdpSockets
{
    public const string BroadcastName = "SO_BROADCAST";

    public static Socket Bound(IPEndPoint local, UdpEndpointOptions options) => LocalBinding.Open(local, options.DualMode, options, Open);

    /// <summary>Makes a socket that connect(2) will bind to an ephemeral port.</summary>
    public static Socket ForConnect(IPEndPoint remote, UdpEndpointOptions options) =>
        options.SetUp(SystemSocket.OpenForConnect(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp, remote));

    /// <summary>Sets SO_BROADCAST.</summary>
    public static void SetBroadcast(Socket socket, bool on, SocketBase? owner = null) =>
        PlainOption.Set(socket, BroadcastName, on, static (socket, on) => socket.EnableBroadcast = on, owner);

    public static bool GetBroadcast(Socket socket, SocketBase? owner = null) =>
        PlainOption.Get(socket, BroadcastName, static socket => socket.EnableBroadcast, owner);

    /// <summary>
    /// Sets IP_PKTINFO and IPV6_RECVPKTINFO. Call it before bind(2), so that the first datagram carries the information, too.
    /// </summary>
    public static void AskForPacketInfo(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.InterNetworkV6)
        {
            PlainOption.Set(socket, "IPV6_RECVPKTINFO", true, static (socket, on) =>
                socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.PacketInformation, on));
        }

        if (socket.AddressFamily == AddressFamily.InterNetwork || socket.DualMode)
        {
            PlainOption.Set(socket, "IP_PKTINFO", true, static (socket, on) =>
                socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.PacketInformation, on));
        }
    }

    private static Socket Open(IPEndPoint local, UdpEndpointOptions options)
    {
        Socket socket = SystemSocket.OpenFor(SocketOperation.Bind, local, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
            {
                DualMode.Set(socket, options.DualMode && local.Address.Equals(IPAddress.IPv6Any));
            }

            options.ApplyTo(socket);
            options.RunConfigure(socket);
            LocalBinding.Bind(socket, local);
            return socket;
        }
        catch
        {
            // The descriptor must not leak when an option or the address is refused, or Configure throws.
            socket.Dispose();
            throw;
        }
    }
}
