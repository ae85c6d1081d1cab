using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Sockets;
using SocketKit.Sockets.Options;

namespace SocketKit.Udp;

/// <summary>Makes UDP sockets with their options set, and binds them.</summary>
internal static class UdpSockets
{
    public const string BroadcastName = "SO_BROADCAST";

    public static Socket Bound(IPEndPoint local, UdpEndpointOptions options) => LocalBinding.Open(local, options.DualMode, options, Open);

    /// <summary>A socket that connect(2) will bind; its own port is an ephemeral one.</summary>
    public static Socket ForConnect(IPEndPoint remote, UdpEndpointOptions options) =>
        options.SetUp(SystemSocket.OpenForConnect(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp, remote));

    /// <summary>SO_BROADCAST.</summary>
    public static void SetBroadcast(Socket socket, bool on, SocketBase? owner = null) =>
        PlainOption.Set(socket, BroadcastName, on, static (socket, on) => socket.EnableBroadcast = on, owner);

    public static bool GetBroadcast(Socket socket, SocketBase? owner = null) =>
        PlainOption.Get(socket, BroadcastName, static socket => socket.EnableBroadcast, owner);

    /// <summary>Before bind, so that the first datagram tells, too.</summary>
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
            // Nothing leaks when an option is refused, the address is in use, or the caller's hook throws.
            socket.Dispose();
            throw;
        }
    }
}
