using System.Net;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/limits.md, compiled. LimitsGuideTests runs it.</summary>
internal static class LimitsSnippets
{
    public static async Task Limit(int port, IReadOnlySet<IPAddress> blocked, Func<TcpServer, Task> use)
    {
        var options = new TcpServerOptions
        {
            MaxConnections = 5000,
            MaxConnectionsPerAddress = 100,
            AddressFilter = address => !blocked.Contains(address),
            FirstByteTimeout = TimeSpan.FromSeconds(10),
            IdleTimeout = TimeSpan.FromMinutes(2),
            SendStallTimeout = TimeSpan.FromSeconds(10),
        };
        await using var server = TcpServer.Listen(port, options);

        await use(server);
    }

    public static async Task Answer(TcpServer server, int requestLength, Func<byte[], Task<byte[]>> answerAsync)
    {
        await server.ServeAsync(async (connection, cancellationToken) =>
        {
            var request = new byte[requestLength];

            // Until a request begins, the connection may be idle: IdleTimeout decides for how long. Then all of the request has to come.
            await connection.WaitReadableAsync(connection.Stopping);
            await connection.ReceiveExactlyAsync(request, TimeSpan.FromSeconds(10), cancellationToken);
            await connection.SendAsync(await answerAsync(request), cancellationToken);
        });
    }

    public static void Send(TcpServer server, ReadOnlyMemory<byte> news)
    {
        foreach (TcpConnection connection in server.Connections)
        {
            if (connection.QueuedBytes == 0)
            {
                // Not awaited, so that no client holds up the others. A failure ends the connection, and its own handler learns of it.
                _ = connection.SendAsync(news).AsTask();
            }
        }
    }

    public static void Report(TcpServer server, Action<string> report)
    {
        ServerStatistics now = server.GetStatistics();
        report($"{now.ActiveConnections} active, {now.AcceptedTotal} accepted, {now.RejectedTotal} rejected");
        report($"{now.BytesReceived} bytes received, {now.BytesSent} sent{(now.IsPaused ? ", paused" : string.Empty)}");
        report($"{now.AcceptErrors} times accept(2) has failed");
        foreach ((CloseReason reason, long count) in now.ClosedTotal)
        {
            if (count > 0)
            {
                report($"{count} × {reason}");
            }
        }
    }
}
