using System.Net;
using System.Net.Sockets;

namespace SocketKit.Benchmarks.Peers;

/// <summary>Raw UDP sockets on loopback.</summary>
internal static class DatagramSockets
{
    public static Socket Bind()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    public static Socket Connect(IPEndPoint peer)
    {
        Socket socket = Bind();
        socket.Connect(peer);
        return socket;
    }

    public static UdpEndpoint BindKit(SocketEngine engine) =>
        UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), new UdpEndpointOptions { Engine = engine });

    public static UdpEndpoint ConnectKit(IPEndPoint peer, SocketEngine engine) =>
        UdpEndpoint.Connect(peer.Address.ToString(), peer.Port, new UdpEndpointOptions { Engine = engine });
}
