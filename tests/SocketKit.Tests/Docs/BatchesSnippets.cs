using System.Collections.Concurrent;
using System.Net;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/batches.md, compiled and run by <see cref="BatchesGuideTests"/>.</summary>
internal static class BatchesSnippets
{
    /// <summary>What the code has printed.</summary>
    public static ConcurrentQueue<string> Printed { get; } = new();

    public static async Task Runs(UdpEndpoint sender, IPEndPoint to)
    {
        byte[] file = new byte[100_000];
        SocketAddress receiver = to.Serialize();
        for (int sent = 0; sent < file.Length;)
        {
            sent += await sender.SendSegmentsAsync(file.AsMemory(sent), 1200, receiver);
        }
    }

    public static bool Capabilities(int port)
    {
        using var endpoint = UdpEndpoint.Bind(port, new UdpEndpointOptions { ReceiveOffload = UdpOffload.Off });
        bool cuts = endpoint.Capabilities.HasFlag(UdpCapabilities.SegmentationOffload);
        Console.WriteLine($"the kernel cuts runs: {cuts}; lost so far: {endpoint.DroppedByKernel}");
        return cuts;
    }

    private static class Console
    {
        public static void WriteLine(string line) => Printed.Enqueue(line);
    }
}
