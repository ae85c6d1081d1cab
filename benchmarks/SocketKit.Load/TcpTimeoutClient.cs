using System.Diagnostics;

namespace SocketKit.Load;

/// <summary>
/// Connections that wait for what never comes, each with a deadline: how late the deadlines are. An early one is an error.
/// </summary>
internal static class TcpTimeoutClient
{
    /// <returns>Whether no deadline was early.</returns>
    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var options = new TcpClientOptions { Engine = arguments.StreamEngine, Dispatch = arguments.Dispatch };
        (string host, int port) = (arguments.Host, arguments.Port);
        int connections = arguments.Integer("connections", 1, 4096, 100);
        var timeout = TimeSpan.FromMilliseconds(arguments.Integer("milliseconds", 1, 60_000, 50));
        TimeSpan seconds = arguments.Seconds("seconds", 5);
        TimeSpan warmUp = arguments.Seconds("warmup", 1.5);
        arguments.RefuseOthers();

        var measurement = new Measurement(warmUp, seconds);
        TcpClient[] clients = await Task.WhenAll(
            Enumerable.Range(0, connections).Select(_ => TcpClient.ConnectAsync(host, port, options, cancellationToken)));
        Task[] waits = [.. clients.Select(client => Task.Run(() => WaitAsync(client, timeout, measurement)))];
        await measurement.RunAsync(cancellationToken);
        await Task.WhenAll(waits);
        Console.WriteLine($"tcp_timeout connections={connections} milliseconds={timeout.TotalMilliseconds} lateness: {measurement}");
        return measurement.Errors == 0;
    }

    private static async Task WaitAsync(TcpClient client, TimeSpan timeout, Measurement measurement)
    {
        await using TcpClient owned = client;
        client.ReceiveTimeout = timeout;
        byte[] buffer = new byte[1];
        while (!measurement.HasEnded)
        {
            long due = Stopwatch.GetTimestamp() + (long)(timeout.TotalSeconds * Stopwatch.Frequency);
            try
            {
                await client.ReceiveAsync(buffer);
                measurement.CountError($"{client} got a byte that nobody sent, or an end.");
                return;
            }
            catch (SocketTimeoutException)
            {
                // What is measured.
                if (Stopwatch.GetTimestamp() < due)
                {
                    measurement.CountError($"{client} timed out early.");
                }

                measurement.CountMessage(due);
            }
        }
    }
}
