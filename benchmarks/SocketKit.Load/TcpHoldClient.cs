using System.Diagnostics;
using System.Globalization;

namespace SocketKit.Load;

/// <summary>
/// Some connections keep their handlers busy, one request after the other; their neighbours send one message per millisecond, and the
/// latencies are the neighbours'.
/// </summary>
internal static class TcpHoldClient
{
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(1);

    /// <returns>Whether every message came back.</returns>
    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var options = new TcpClientOptions { Engine = arguments.StreamEngine, Dispatch = arguments.Dispatch };
        (string host, int port) = (arguments.Host, arguments.Port);
        int held = arguments.Integer("held", 0, 4096, 1);
        int milliseconds = arguments.Integer("milliseconds", 0, 60_000, 5);
        int neighbours = arguments.Integer("neighbours", 1, 4096, 8);
        byte kind = arguments.IsSet("burn") ? HoldRequest.Burn : HoldRequest.Sleep;
        TimeSpan seconds = arguments.Seconds("seconds", 5);
        TimeSpan warmUp = arguments.Seconds("warmup", 1.5);
        arguments.RefuseOthers();

        var holding = new Measurement(warmUp, seconds);
        var measurement = new Measurement(warmUp, seconds);
        byte[] hold = HoldRequest.Make(kind, milliseconds);
        byte[] echo = HoldRequest.Make(HoldRequest.Echo, 0);
        Task[] clients =
        [
            .. await StartAsync(held, client => ExchangeAsync(client, hold, TimeSpan.Zero, holding)),
            .. await StartAsync(neighbours, client => ExchangeAsync(client, echo, s_pace, measurement)),
        ];
        Task kept = holding.RunAsync(cancellationToken);
        await measurement.RunAsync(cancellationToken);
        await kept;
        await Task.WhenAll(clients);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"tcp_hold held={held} milliseconds={milliseconds} neighbours={neighbours} handlers_per_s={holding.MessagesPerSecond:F0} "
            + $"{measurement}"));
        return measurement.Errors + holding.Errors == 0;

        async Task<IEnumerable<Task>> StartAsync(int count, Func<TcpClient, Task> run)
        {
            TcpClient[] opened = await Task.WhenAll(
                Enumerable.Range(0, count).Select(_ => TcpClient.ConnectAsync(host, port, options, cancellationToken)));
            return opened.Select(client => Task.Run(() => run(client)));
        }
    }

    private static async Task ExchangeAsync(TcpClient client, byte[] request, TimeSpan pace, Measurement measurement)
    {
        await using TcpClient owned = client;
        byte[] answer = new byte[request.Length];
        using PeriodicTimer? timer = pace > TimeSpan.Zero ? new PeriodicTimer(pace) : null;
        while (!measurement.HasEnded)
        {
            long sentAt = Stopwatch.GetTimestamp();
            await client.SendAsync(request);
            await client.ReceiveExactlyAsync(answer);
            if (!answer.AsSpan().SequenceEqual(request))
            {
                measurement.CountError($"{client} got other bytes back than it sent.");
                return;
            }

            measurement.CountMessage(sentAt);
            if (timer is not null)
            {
                await timer.WaitForNextTickAsync();
            }
        }
    }
}
