using System.Diagnostics;
using System.Globalization;
using SocketKit.Framing;

namespace SocketKit.Load;

/// <summary>
/// A message to all connections by the clock, while some of them never read. Those are cut by the server's limit. The latencies are the
/// others', from when each message was due to when the peer has it.
/// </summary>
internal sealed class SlowReadersMeasure(TcpServerOptions options, NumberedMessages messages, int readers, int silent)
{
    /// <summary>What the kernel takes for a connection before its sends wait.</summary>
    private const int SendBufferSize = 16 * 1024;

    private const int ReceiveBufferSize = 4 * 1024;

    /// <summary>Beyond the limit, for the last ones to be cut.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private long _started;
    private int _cut;
    private double _firstCut;
    private double _lastCut;
    private long _refused;

    /// <returns>Whether those that never read were cut, and nobody else, and the others got every message.</returns>
    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        TcpServerOptions options = TcpEchoServer.OptionsOf(arguments);
        options.SendBufferSize = SendBufferSize;
        int readers = arguments.Integer("readers", 1, 60_000, 4500);
        int silent = arguments.Integer("silent", 0, 60_000, 500);
        var messages = new NumberedMessages(arguments.Integer("size", NumberedMessages.SmallestSize, 65536, 1024));
        var interval = TimeSpan.FromMilliseconds(arguments.Integer("interval", 1, 60_000, 100));
        options.SendStallTimeout = TimeSpan.FromMilliseconds(arguments.Integer("stall", 1, 60_000, 5000));
        TimeSpan seconds = arguments.Seconds("seconds", 12);
        TimeSpan warmUp = arguments.Seconds("warmup", 1);
        arguments.RefuseOthers();
        return await new SlowReadersMeasure(options, messages, readers, silent).RunAsync(interval, warmUp, seconds, cancellationToken);
    }

    private async Task<bool> RunAsync(TimeSpan interval, TimeSpan warmUp, TimeSpan seconds, CancellationToken cancellationToken)
    {
        long first = (long)Math.Ceiling(warmUp / interval);
        long count = first + Math.Max(1, (long)(seconds / interval));
        MessageFraming framing = MessageFraming.FixedSize(messages.Size);
        await using var members = new ServedMembers<MessageChannel>(
            options, readers + silent, connection => connection.GetMessages(framing), StayAsync);
        using PeerProcess peers = PeerProcess.Start(
            PeerProcess.Read, members.Server.Port, ("connections", readers + silent), ("silent", silent), ("size", messages.Size),
            ("receive-buffer", ReceiveBufferSize), ("first", first));
        await peers.OpenedAsync(members.CompleteAsync(cancellationToken), cancellationToken);

        var before = Usage.Now();
        await Task.Run(() => BroadcastAsync(members, interval, count, cancellationToken), cancellationToken);
        var after = Usage.Now();
        await UntilCutAsync(cancellationToken);
        await members.StopAsync();
        PeerFigures received = await peers.EndAsync(cancellationToken);

        ServerStatistics statistics = members.Server.GetStatistics();
        bool isRight = statistics.ClosedTotal[CloseReason.SlowPeer] == silent && received.Count("reset") == silent
            && received.Count("messages") == readers * count && _refused == 0;
        long errors = received.Count("errors") + (isRight ? 0 : 1);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"slow_readers readers={readers} silent={silent} size={messages.Size} interval_ms={interval.TotalMilliseconds} "
            + $"broadcasts={count} {received.Pairs("p50_us", "p99_us", "p999_us", "max_us")} "
            + $"server_cpu_percent={after.PercentSince(before):F1} cut={statistics.ClosedTotal[CloseReason.SlowPeer]} "
            + $"first_cut_s={_firstCut:F2} last_cut_s={_lastCut:F2} {received.Pairs("messages", "reset")} refused={_refused} "
            + $"errors={errors}"));
        return errors == 0;
    }

    /// <summary>The handler: peers send nothing, so it waits for the end.</summary>
    private async Task StayAsync(MessageChannel channel, TcpConnection connection)
    {
        try
        {
            await channel.ReceiveAsync();
        }
        finally
        {
            if (connection.CloseReason == CloseReason.SlowPeer)
            {
                NoteCut();
            }
        }
    }

    private void NoteCut()
    {
        lock (_gate)
        {
            _lastCut = Stopwatch.GetElapsedTime(_started).TotalSeconds;
            _firstCut = _cut++ == 0 ? _lastCut : _firstCut;
        }
    }

    private async Task BroadcastAsync(
        ServedMembers<MessageChannel> members, TimeSpan interval, long count, CancellationToken cancellationToken)
    {
        byte[] message = new byte[messages.Size];
        long step = (long)(interval.TotalSeconds * Stopwatch.Frequency);
        _started = Stopwatch.GetTimestamp();
        for (long number = 0; number < count; number++)
        {
            // By the clock: a message that leaves late because the one before took long counts from when it was due.
            long due = _started + (number * step);
            TimeSpan wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), cancellationToken);
            }

            messages.Write(message, 0, number, due);
            SendToAll(members.All, message);
        }
    }

    private void SendToAll(IEnumerable<MessageChannel> members, byte[] message)
    {
        foreach (MessageChannel member in members)
        {
            try
            {
                _refused += member.TrySend(message) ? 0 : 1;
            }
            catch (Exception gone) when (gone is SocketOperationException or ObjectDisposedException)
            {
                // It was cut at this moment, and its own handler is about to take it from the list.
            }
        }
    }

    private async Task UntilCutAsync(CancellationToken cancellationToken)
    {
        long since = Stopwatch.GetTimestamp();
        TimeSpan limit = options.SendStallTimeout + s_patience;
        while (Volatile.Read(ref _cut) < silent && Stopwatch.GetElapsedTime(since) < limit)
        {
            await Task.Delay(s_look, cancellationToken);
        }
    }
}
