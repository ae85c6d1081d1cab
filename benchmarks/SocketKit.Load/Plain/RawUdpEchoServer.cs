using System.Net;
using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>The echo server for datagrams on plain <see cref="Socket"/>, with the overloads that allocate nothing.</summary>
internal static class RawUdpEchoServer
{
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var local = new IPEndPoint(IPAddress.Parse(arguments.Host), arguments.ServerPort);
        arguments.RefuseOthers();
        using Socket socket = UdpSockets.Plain(local.AddressFamily);
        socket.Bind(local);
        Banner.Print("raw-udp", Banner.Plain, UdpSockets.LongestDatagram, socket.LocalEndPoint);
        byte[] buffer = new byte[UdpSockets.LongestDatagram];
        var peer = new SocketAddress(local.AddressFamily);
        try
        {
            while (true)
            {
                int received = await socket.ReceiveFromAsync(buffer.AsMemory(), SocketFlags.None, peer, cancellationToken);
                await socket.SendToAsync(buffer.AsMemory(0, received), SocketFlags.None, peer, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }
}
