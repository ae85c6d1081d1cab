using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Sockets;

namespace SocketKit.Udp;

/// <summary>Makes UDP sockets with their options set, and binds them.</summary>
internal static class UdpSockets
{
    public static Socket Bound(IPEndPoint local, UdpEndpointOptions options) => LocalBinding.Open(local, options.DualMode, options, Open);

    /// <summary>A socket that connect(2) will bind; its own port is an ephemeral one.</summary>
    public static Socket ForConnect(IPEndPoint remote, UdpEndpointOptions options) =>
        options.SetUp(NewSocket.Open(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp, SocketOperation.Connect, remote.ToString()));

    /// <summary>Before bind, so that the first datagram tells, too.</summary>
    public static void AskForPacketInfo(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.PacketInformation, true);
        }

        if (socket.AddressFamily == AddressFamily.InterNetwork || socket.DualMode)
        {
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
        }
    }

    private static Socket Open(IPEndPoint local, UdpEndpointOptions options)
    {
        Socket socket = NewSocket.Open(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp, SocketOperation.Bind, local.ToString());
        try
        {
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = options.DualMode && local.Address.Equals(IPAddress.IPv6Any);
            }

            options.ApplyTo(socket);
            options.Configure?.Invoke(socket);
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
