using System.Net;

namespace SocketKit.Load;

/// <summary>
/// Sends every datagram back, with the overloads that allocate nothing: one after the other, or as many as there are in one call.
/// </summary>
internal static class UdpEchoServer
{
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        UdpEndpointOptions options = UdpSockets.Options(arguments);
        (string host, int port) = (arguments.Host, arguments.ServerPort);
        int most = arguments.Integer("batch", 1, UdpSockets.MostInBatch, 0);
        int size = most == 0 ? UdpSockets.LongestDatagram : arguments.Integer("size", 1, UdpSockets.LongestDatagram, UdpSink.SlotBytes);
        arguments.RefuseOthers();
        if (most > 0)
        {
            // What the batches do, without the work that the kernel may do for them.
            options.SegmentationOffload = options.ReceiveOffload = UdpOffload.Off;
        }

        using UdpEndpoint endpoint = UdpEndpoint.Bind(host, port, options);
        Banner.Print("udp-echo", options.Engine, size, endpoint.LocalEndPoint);
        try
        {
            await (most == 0 ? EchoEachAsync(endpoint, cancellationToken) : EchoBatchesAsync(endpoint, most, size, cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // Ended by a signal, as every server here.
        }
    }

    private static async Task EchoEachAsync(UdpEndpoint endpoint, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[UdpSockets.LongestDatagram];
        var peer = new SocketAddress(endpoint.LocalEndPoint.AddressFamily);
        while (true)
        {
            ReceivedDatagram received = await endpoint.ReceiveFromAsync(buffer, peer, cancellationToken);
            await endpoint.SendToAsync(buffer.AsMemory(0, received.Length), peer, cancellationToken);
        }
    }

    private static async Task EchoBatchesAsync(UdpEndpoint endpoint, int most, int size, CancellationToken cancellationToken)
    {
        using var batch = new DatagramBatch(most, size);
        while (true)
        {
            await endpoint.ReceiveBatchAsync(batch, cancellationToken);
            while (batch.Count > 0)
            {
                await endpoint.SendBatchAsync(batch, cancellationToken);
            }
        }
    }
}
