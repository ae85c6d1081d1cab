using System.Net;

namespace SocketKit.Load;

/// <summary>Sends every datagram back, one after the other, with the overloads that allocate nothing.</summary>
internal static class UdpEchoServer
{
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using UdpEndpoint endpoint = UdpSockets.Bind(arguments);
        arguments.RefuseOthers();
        Console.WriteLine("ready");
        byte[] buffer = new byte[UdpSockets.LongestDatagram];
        var peer = new SocketAddress(endpoint.LocalEndPoint.AddressFamily);
        try
        {
            while (true)
            {
                ReceivedDatagram received = await endpoint.ReceiveFromAsync(buffer, peer, cancellationToken);
                await endpoint.SendToAsync(buffer.AsMemory(0, received.Length), peer, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Ended by a signal, as every server here.
        }
    }
}
