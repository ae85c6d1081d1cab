using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace SocketKit.Load;

/// <summary>Takes datagrams and counts them from the first one on, until it is ended or nothing has come for a while.</summary>
internal static class UdpSink
{
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(0.5);

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        UdpEndpointOptions options = UdpSockets.Options(arguments);
        using UdpEndpoint endpoint = UdpEndpoint.Bind(arguments.Host, arguments.ServerPort, options);
        TimeSpan seconds = arguments.Seconds("seconds", 2);
        arguments.RefuseOthers();
        Banner.Print("udp-sink", options.Engine, UdpSockets.LongestDatagram, endpoint.LocalEndPoint);
        byte[] buffer = new byte[UdpSockets.LongestDatagram];
        var peer = new SocketAddress(endpoint.LocalEndPoint.AddressFamily);
        long datagrams = 0;
        long bytes = 0;
        long last = 0;
        long started = 0;
        TimeSpan cpuBefore = TimeSpan.Zero;
        try
        {
            await endpoint.ReceiveFromAsync(buffer, peer, cancellationToken);
            started = last = Stopwatch.GetTimestamp();
            cpuBefore = Environment.CpuUsage.TotalTime;
            endpoint.ReceiveTimeout = s_silence;
            while (Stopwatch.GetElapsedTime(started, last) < seconds)
            {
                ReceivedDatagram received = await endpoint.ReceiveFromAsync(buffer, peer, cancellationToken);
                datagrams++;
                bytes += received.Length;
                last = Stopwatch.GetTimestamp();
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketTimeoutException)
        {
            // Ended by a signal, or the sender has.
        }

        double elapsed = Math.Max(1e-9, Stopwatch.GetElapsedTime(started, last).TotalSeconds);
        double cpu = (Environment.CpuUsage.TotalTime - cpuBefore).TotalMicroseconds / Math.Max(1, datagrams);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"udp_sink seconds={elapsed:F3} pps={datagrams / elapsed:F0} mb_per_s={bytes / elapsed / 1e6:F2} "
            + $"cpu_us_per_datagram={cpu:F4}"));
    }
}
