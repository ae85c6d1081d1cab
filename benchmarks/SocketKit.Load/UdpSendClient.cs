using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>Sends datagrams one way as fast as it can, whether or not anybody takes them.</summary>
internal static class UdpSendClient
{
    /// <summary>65535 less the headers of IPv4 and UDP.</summary>
    private const int LongestContent = 65507;

    /// <summary>UDP_MAX_SEGMENTS (include/linux/udp.h); later kernels take more.</summary>
    private const int MostSegments = 64;

    /// <summary>Calls before the clock is looked at again.</summary>
    private const int CallsInTurn = 16;

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        string by = arguments.OneOf("by", "one", "batch", "segments", "raw", "raw-sync");
        int size = arguments.Integer("size", 1, LongestContent, 1200);
        TimeSpan seconds = arguments.Seconds("seconds", 5);
        TimeSpan warmUp = arguments.Seconds("warmup", 1.5);
        if (seconds == TimeSpan.Zero)
        {
            throw new FormatException("--seconds has to be above 0.");
        }

        using DatagramSender sender = Open(by, size, arguments, cancellationToken);
        await Task.Run(() => SendAsync(sender, by, size, warmUp, seconds, cancellationToken), cancellationToken);
    }

    private static DatagramSender Open(string by, int size, Arguments arguments, CancellationToken cancellationToken)
    {
        var target = new IPEndPoint(IPAddress.Parse(arguments.Host), arguments.Port);
        int batch = by == "batch" ? arguments.Integer("batch", 1, UdpSockets.MostInBatch, 32) : 1;
        int segments = by == "segments" ? arguments.Integer("segments", 1, MostSegments, 32) : 1;
        if (segments * size > LongestContent)
        {
            throw new FormatException($"--size {size}: all datagrams of a run have at most {LongestContent} bytes together.");
        }

        ReadOnlyMemory<byte> content = new EchoPattern(size * segments).Slice(0, size * segments);
        if (by is "raw" or "raw-sync")
        {
            arguments.RefuseOthers();
            return new PlainSender(content, target, by == "raw-sync", cancellationToken);
        }

        UdpEndpointOptions options = UdpSockets.Options(arguments);
        options.SegmentationOffload = by == "segments" ? UdpOffload.Auto : UdpOffload.Off;
        arguments.RefuseOthers();
        UdpEndpoint endpoint = UdpEndpoint.Bind(
            new IPEndPoint(target.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0), options);
        return by switch
        {
            "batch" => new BatchSender(content, batch, endpoint, target, cancellationToken),
            "segments" => new SegmentsSender(content, size, endpoint, target, cancellationToken),
            _ => new SingleSender(content, endpoint, target, cancellationToken),
        };
    }

    private static async Task SendAsync(
        DatagramSender sender, string by, int size, TimeSpan warmUp, TimeSpan seconds, CancellationToken cancellationToken)
    {
        long before = await SendForAsync(sender, warmUp, cancellationToken);
        Usage began = Usage.Now();
        long measured = await SendForAsync(sender, seconds, cancellationToken);
        Usage ended = Usage.Now();
        double elapsed = ended.SecondsSince(began);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"udp_send by={by} size={size} transport=udp seconds={elapsed:F3} msgs_per_s={measured / elapsed:F0} "
            + $"load_cpu={ended.PercentSince(began) / 100:F2} "
            + $"cpu_us_per_msg={ended.MicrosecondsOfProcessorSince(began) / Math.Max(1, measured):F4} "
            + $"allocated_per_msg={(double)ended.AllocatedSince(began) / Math.Max(1, measured):F2} sent={before + measured} errors=0"));
    }

    /// <summary>Gives the number of datagrams that went.</summary>
    private static async ValueTask<long> SendForAsync(DatagramSender sender, TimeSpan time, CancellationToken cancellationToken)
    {
        long results = 0;
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            cancellationToken.ThrowIfCancellationRequested();
            results += await SendTurnAsync(sender);
        }

        return results / sender.Unit;
    }

    /// <summary>A method of its own, because it is called often enough to be compiled in full early.</summary>
    private static async ValueTask<long> SendTurnAsync(DatagramSender sender)
    {
        long results = 0;
        for (int i = 0; i < CallsInTurn; i++)
        {
            results += await sender.SendAsync();
        }

        return results;
    }
}
