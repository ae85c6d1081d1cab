using System.Net;

namespace SocketKit.Load;

/// <summary>Sends every datagram back, one after the other, with the overloads that allocate nothing.</summary>
internal static class UdpEchoServer
{
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        UdpEndpointOptions options = UdpSockets.Options(arguments);
        using UdpEndpoint endpoint = UdpEndpoint.Bind(arguments.Host, arguments.ServerPort, options);
        arguments.RefuseOthers();
        Banner.Print("udp-echo", options.Engine, UdpSockets.LongestDatagram, endpoint.LocalEndPoint);
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
