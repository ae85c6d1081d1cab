using SocketKit.Framing;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/closing.md, compiled. ClosingGuideTests runs it.</summary>
internal static class ClosingSnippets
{
    public static async Task Refuse(TcpConnection connection, byte[] buffer, CancellationToken cancellationToken)
    {
        await connection.SendAsync("too long\n", cancellationToken);
        connection.ShutdownSend();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            while (await connection.ReceiveAsync(buffer, limit.Token) > 0)
            {
                // Dropped, until the client has finished.
            }
        }
        catch (OperationCanceledException)
        {
            // Five seconds were not enough. Outside of a stop this exception would count as a failure of the handler.
        }
    }

    public static async Task RefuseMessage(TcpConnection connection, CancellationToken ending)
    {
        var options = new MessageOptions { MaxMessageSize = 64 * 1024 };
        MessageChannel lines = connection.GetMessages(MessageFraming.Lines, options);
        while (await lines.ReceiveAsync(ending) is { } line)
        {
            if (line.Length <= 1000)
            {
                lines.TrySend("ok"u8);
                continue;
            }

            lines.TrySend("error: a line has at most 1000 bytes"u8);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ending);
            limit.CancelAfter(TimeSpan.FromSeconds(5));
            try
            {
                await lines.FlushAsync(limit.Token);
                connection.ShutdownSend();
                while (await lines.ReceiveAsync(limit.Token) is not null)
                {
                    // Dropped, until the client has finished.
                }
            }
            catch (OperationCanceledException)
            {
                // The client has not read the error, or not finished.
            }

            return;
        }
    }

    public static async Task<byte[]> Ask(TcpConnection client, byte[] request, CancellationToken cancellationToken)
    {
        await client.SendAsync(request, cancellationToken);
        client.ShutdownSend();
        using var answer = new MemoryStream();
        await client.GetStream(leaveOpen: true).CopyToAsync(answer, cancellationToken);
        return answer.ToArray();
    }

    public static async Task Answer(TcpConnection connection, byte[] buffer, CancellationToken cancellationToken)
    {
        long total = 0;
        int n;
        while ((n = await connection.ReceiveAsync(buffer, cancellationToken)) > 0)
        {
            total += n;
        }

        // The client has finished sending, and still reads.
        await connection.SendAsync($"{total} bytes", cancellationToken);
    }

    public static async Task SendToPeerThatMayBeGone(TcpConnection connection, byte[] data, CancellationToken cancellationToken)
    {
        try
        {
            await connection.SendAsync(data, cancellationToken);
        }
        catch (SocketException exception) when (exception.IsDisconnect())
        {
            // Peers go away. That is no fault of this program, and no reason to log an error.
            Console.WriteLine($"{connection.RemoteEndPoint} has gone: {connection.CloseReason}");
        }
    }

    public static async Task WorkWhileSomebodyWaits(
        TcpConnection connection, Func<CancellationToken, Task<string>> computeAsync, CancellationToken cancellationToken)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(connection.Closed, cancellationToken);
        string result = await computeAsync(gone.Token);
        await connection.SendAsync(result, cancellationToken);
    }

    public static async Task<byte> Store(TcpConnection client, byte[] record, CancellationToken cancellationToken)
    {
        await client.SendAsync(record, cancellationToken);
        var reply = new byte[1];
        await client.ReceiveExactlyAsync(reply, TimeSpan.FromSeconds(10), cancellationToken);
        return reply[0];
    }

    public static async Task<(long There, long Back)> Forward(
        TcpConnection connection, string host, int port, CancellationToken cancellationToken)
    {
        using TcpClient target = await TcpClient.ConnectAsync(host, port, cancellationToken: cancellationToken);
        (long there, long back) = await StreamConnection.RelayAsync(connection, target, cancellationToken);
        return (there, back);
    }

    public static TcpServerOptions OfForwarder()
    {
        var options = new TcpServerOptions { IsPeerFault = exception => exception.IsDisconnect() || exception is SocketConnectException };
        return options;
    }

    public static TcpClientOptions FindVanishedPeers()
    {
        var options = new TcpClientOptions
        {
            KeepAlive = new TcpKeepAlive(Idle: TimeSpan.FromSeconds(20), Interval: TimeSpan.FromSeconds(5), Probes: 4),
        };
        if (OperatingSystem.IsLinux())
        {
            options.UserTimeout = TimeSpan.FromSeconds(40);
        }

        return options;
    }
}
