using System.Diagnostics;
using System.Globalization;

namespace SocketKit.Load;

/// <summary>One message to many connections that read, again and again: the next one when the kernel has all of the last.</summary>
internal sealed class BroadcastMeasure(Audience audience, NumberedMessages messages, CancellationToken cancellationToken)
{
    private readonly byte[] _message = new byte[messages.Size];
    private readonly Latencies _latencies = new();
    private long _broadcasts;

    /// <returns>Whether every message arrived.</returns>
    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        string by = arguments.OneOf("by", Audience.Ways);
        TcpServerOptions options = TcpEchoServer.OptionsOf(arguments);
        int connections = arguments.Integer("connections", 1, 60_000, 1000);
        var messages = new NumberedMessages(arguments.Integer("size", NumberedMessages.SmallestSize, 65536, 256));
        TimeSpan seconds = arguments.Seconds("seconds", 5);
        TimeSpan warmUp = arguments.Seconds("warmup", 1.5);
        arguments.RefuseOthers();

        Audience audience = Audience.Of(by, options, connections, messages.Size);
        string figures;
        long sent;
        PeerFigures received;
        using (PeerProcess peers = PeerProcess.Start(
            PeerProcess.Read, audience.Port, ("connections", connections), ("size", messages.Size)))
        {
            await using (audience)
            {
                await peers.OpenedAsync(audience.GatherAsync(cancellationToken), cancellationToken);
                var measure = new BroadcastMeasure(audience, messages, cancellationToken);
                figures = await Task.Run(() => measure.MeasureAsync(connections, warmUp, seconds), cancellationToken);
                sent = measure._broadcasts * connections;
            }

            received = await peers.EndAsync(cancellationToken);
        }

        long errors = received.Count("errors") + (received.Count("messages") == sent ? 0 : 1);
        Console.WriteLine(
            $"broadcast by={by} connections={connections} size={messages.Size} {figures} {received.Pairs("messages")} errors={errors}");
        return errors == 0;
    }

    private async Task<string> MeasureAsync(int connections, TimeSpan warmUp, TimeSpan seconds)
    {
        await BroadcastAsync(warmUp, measures: false);
        long broadcastsBefore = _broadcasts;
        var before = Usage.Now();
        await BroadcastAsync(seconds, measures: true);
        var after = Usage.Now();
        long broadcasts = _broadcasts - broadcastsBefore;
        double count = Math.Max(1.0, broadcasts * connections);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"seconds={after.SecondsSince(before):F3} broadcasts_per_s={broadcasts / after.SecondsSince(before):F1} "
            + $"msgs_per_s={broadcasts * connections / after.SecondsSince(before):F0} "
            + $"p50_us={_latencies.Microseconds(50):F1} p99_us={_latencies.Microseconds(99):F1} "
            + $"server_cpu_us_per_msg={after.MicrosecondsOfProcessorSince(before) / count:F3} "
            + $"allocated_per_msg={after.AllocatedSince(before) / count:F3}");
    }

    private async Task BroadcastAsync(TimeSpan time, bool measures)
    {
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long began = Stopwatch.GetTimestamp();
            messages.Write(_message, 0, _broadcasts++, began);
            await audience.SendAsync(_message);
            if (measures)
            {
                _latencies.Add(Clock.Of(Stopwatch.GetElapsedTime(began)));
            }
        }
    }
}
