using System.Net;
using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>The sink on plain <see cref="Socket"/>: awaited receives one by one, with the overload that allocates nothing.</summary>
internal static class RawUdpSink
{
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var local = new IPEndPoint(IPAddress.Parse(arguments.Host), arguments.ServerPort);
        TimeSpan seconds = arguments.Seconds("seconds", 0);
        arguments.RefuseOthers();
        using Socket socket = UdpSockets.Plain(local.AddressFamily);
        socket.Bind(local);
        using var count = new SinkCount(seconds, cancellationToken);
        Banner.Print("raw-udp-sink", Banner.Plain, UdpSockets.LongestDatagram, socket.LocalEndPoint);
        byte[] buffer = new byte[UdpSockets.LongestDatagram];
        var peer = new SocketAddress(local.AddressFamily);
        try
        {
            while (true)
            {
                int received = await socket.ReceiveFromAsync(buffer.AsMemory(), SocketFlags.None, peer, count.End);
                count.Add(1, received);
            }
        }
        catch (OperationCanceledException)
        {
            // Ended by a signal, or its time is over.
        }

        count.Print("raw", UdpSockets.DroppedBefore(socket));
    }
}
