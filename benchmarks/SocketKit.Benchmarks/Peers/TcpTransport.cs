using System.Net;
using System.Net.Sockets;

namespace SocketKit.Benchmarks.Peers;

/// <summary>TCP over loopback, without Nagle's algorithm on either side.</summary>
public sealed class TcpTransport : Transport
{
    public override Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    public override Socket ConnectRaw(Socket listener)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(listener.LocalEndPoint!);
        return socket;
    }

    public override StreamConnection Connect(Socket listener, SocketEngine engine) =>
        TcpClient.Connect((IPEndPoint)listener.LocalEndPoint!, new TcpClientOptions { Engine = engine });
}
