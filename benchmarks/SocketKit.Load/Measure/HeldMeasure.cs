using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using SocketKit.Framing;

namespace SocketKit.Load;

/// <summary>
/// What connections cost a server whose peers say nothing, or send a byte of a message now and then: processor time of the process, and
/// bytes of its heap.
/// </summary>
internal sealed class HeldMeasure(TcpServerOptions options, int connections, TimeSpan warmUp, TimeSpan seconds)
{
    /// <summary>A minimum rate is held from the fifth second of a message on, and by a second at most late.</summary>
    private static readonly TimeSpan s_cut = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private TimeSpan Time => warmUp + seconds;

    /// <returns>Whether no connection was closed.</returns>
    public static async Task<bool> IdleAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        bool receivesMessages = arguments.OneOf("by", "messages", "plain") == "messages";
        HeldMeasure measure = Of(arguments, connections: 10_000, seconds: 10);
        arguments.RefuseOthers();
        Held held = await measure.RunAsync(TcpIdleServer.HandlerOf(receivesMessages), TimeSpan.Zero, cancellationToken);
        long errors = held.Peers.Count("errors") + held.Peers.Count("closed") + held.Server.RejectedTotal;
        Console.WriteLine($"idle by={(receivesMessages ? "messages" : "plain")} {held.Figures} errors={errors}");
        return errors == 0;
    }

    /// <returns>Whether every byte arrived; with a minimum rate: whether every peer was cut.</returns>
    public static async Task<bool> DripAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        TimeSpan every = arguments.Seconds("every", 10);
        int minimumRate = arguments.Integer("minimum-rate", 0, 1_000_000, 0);
        HeldMeasure measure = Of(arguments, connections: 1000, seconds: 20);
        arguments.RefuseOthers();
        if (every == TimeSpan.Zero || (minimumRate > 0 && measure.Time < s_cut))
        {
            throw new FormatException("--every has to be above 0; with --minimum-rate, --warmup and --seconds are 8 at least together.");
        }

        var messageOptions = new MessageOptions { MinimumRate = minimumRate };
        Held held = await measure.RunAsync(
            (connection, _) => ReceiveAsync(connection.GetMessages(MessageFraming.LengthPrefix(), messageOptions)),
            every,
            cancellationToken);
        ServerStatistics server = held.Server;
        long cut = server.ClosedTotal[CloseReason.SlowPeer];
        bool isRight = minimumRate > 0
            ? cut == server.AcceptedTotal
            : cut == 0 && server.BytesReceived == held.Peers.Count("bytes");
        long errors = held.Peers.Count("errors") + server.RejectedTotal + (isRight ? 0 : 1);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"drip {held.Figures} every_s={every.TotalSeconds} {held.Peers.Pairs("bytes")} cut={cut} errors={errors}"));
        return errors == 0;
    }

    private static HeldMeasure Of(Arguments arguments, int connections, double seconds)
    {
        TcpServerOptions options = TcpEchoServer.OptionsOf(arguments);
        return new HeldMeasure(
            options,
            arguments.Integer("connections", 1, 1_000_000, connections),
            arguments.Seconds("warmup", 3),
            arguments.Seconds("seconds", seconds));
    }

    private static async Task ReceiveAsync(MessageChannel messages)
    {
        while (await messages.ReceiveAsync() is not null)
        {
            // A peer that sends quickly gets to the end of a message.
        }
    }

    private async Task<Held> RunAsync(
        Func<TcpConnection, CancellationToken, Task> handler, TimeSpan every, CancellationToken cancellationToken)
    {
        options.MaxConnections = Math.Max(options.MaxConnections, connections);
        await using TcpServer server = TcpServer.Listen("127.0.0.1", 0, options);
        long heapBefore = GC.GetTotalMemory(forceFullCollection: true);
        Task serving = server.ServeAsync(handler, CancellationToken.None);
        using PeerProcess peers = PeerProcess.Start(
            PeerProcess.Hold, server.Port, ("connections", connections), ("every", every.TotalSeconds));
        await peers.OpenedAsync(UntilAsync(() => server.ConnectionCount == connections, cancellationToken), cancellationToken);

        await Task.Delay(warmUp, cancellationToken);
        TimeSpan compiledBefore = JitInfo.GetCompilationTime();
        var before = Usage.Now();
        await Task.Delay(seconds, cancellationToken);
        var after = Usage.Now();
        TimeSpan compiled = JitInfo.GetCompilationTime() - compiledBefore;
        double heap = (double)(GC.GetTotalMemory(forceFullCollection: true) - heapBefore) / connections;

        PeerFigures figures = await peers.EndAsync(cancellationToken);
        await UntilAsync(() => server.ConnectionCount == 0, cancellationToken);
        await server.StopAsync(CancellationToken.None);
        await serving;
        string costs = string.Create(
            CultureInfo.InvariantCulture,
            $"connections={connections} seconds={after.SecondsSince(before):F3} server_cpu_percent={after.PercentSince(before):F3} "
            + $"compiling_percent={compiled.TotalSeconds / after.SecondsSince(before) * 100:F3} heap_bytes_per_conn={heap:F0}");
        return new Held(costs, server.GetStatistics(), figures);
    }

    private static async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        long since = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(since) > s_limit)
            {
                throw new MeasureException("the server does not see that its peers have come, or that they have gone");
            }

            await Task.Delay(s_look, cancellationToken);
        }
    }

    /// <summary>What has become of a run.</summary>
    private readonly record struct Held(string Figures, ServerStatistics Server, PeerFigures Peers);
}
