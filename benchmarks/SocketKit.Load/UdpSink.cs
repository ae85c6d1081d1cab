using System.Net;

namespace SocketKit.Load;

/// <summary>
/// Takes datagrams and counts them: one by one, as many as there are in one call, or those that the kernel hands over as one.
/// </summary>
internal static class UdpSink
{
    /// <summary>The longest datagram of a batch, if nothing is said.</summary>
    public const int SlotBytes = 2048;

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        string by = arguments.OneOf("by", "await", "batch", "gro");
        UdpEndpointOptions options = UdpSockets.Options(arguments);
        options.ReceiveOffload = by == "gro" ? UdpOffload.Auto : UdpOffload.Off;
        (string host, int port) = (arguments.Host, arguments.ServerPort);
        TimeSpan seconds = arguments.Seconds("seconds", 0);
        int most = by == "await" ? 0 : arguments.Integer("batch", 1, UdpSockets.MostInBatch, 32);
        int size = by == "await" ? UdpSockets.LongestDatagram : arguments.Integer("size", 1, UdpSockets.LongestDatagram, SlotBytes);
        arguments.RefuseOthers();

        using UdpEndpoint endpoint = UdpEndpoint.Bind(host, port, options);
        using var count = new SinkCount(seconds, cancellationToken);
        Banner.Print("udp-sink", options.Engine, size, endpoint.LocalEndPoint);
        try
        {
            await (by == "await" ? TakeEachAsync(endpoint, count) : TakeBatchesAsync(endpoint, most, size, count));
        }
        catch (OperationCanceledException)
        {
            // Ended by a signal, or its time is over.
        }

        count.Print(by, endpoint.DroppedByKernel);
    }

    private static async Task TakeEachAsync(UdpEndpoint endpoint, SinkCount count)
    {
        byte[] buffer = new byte[UdpSockets.LongestDatagram];
        var peer = new SocketAddress(endpoint.LocalEndPoint.AddressFamily);
        while (true)
        {
            ReceivedDatagram received = await endpoint.ReceiveFromAsync(buffer, peer, count.End);
            count.Add(1, received.Length);
        }
    }

    private static async Task TakeBatchesAsync(UdpEndpoint endpoint, int most, int size, SinkCount count)
    {
        using var batch = new DatagramBatch(most, size);
        while (true)
        {
            await endpoint.ReceiveBatchAsync(batch, count.End);
            count.Add(batch.Count, BytesOf(batch));
        }
    }

    private static long BytesOf(DatagramBatch batch)
    {
        long bytes = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            bytes += batch[i].Data.Length;
        }

        return bytes;
    }
}
