namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/connecting.md, compiled. ConnectingGuideTests runs it.</summary>
internal static class ConnectingSnippets
{
    public static async Task<ConnectResult> Result(int port)
    {
        ConnectResult result = await TcpClient.TryConnectAsync("localhost", port);
        if (result.IsConnected)
        {
            using TcpClient client = result.Client;
            await client.SendAsync("hello");
        }
        else
        {
            Console.WriteLine($"{result.SocketErrorCode}: {result.Error.Message}");
        }

        return result;
    }

    public static async Task Retry(int port, CancellationToken cancellationToken)
    {
        var options = new TcpClientOptions
        {
            ConnectTimeout = TimeSpan.FromSeconds(5),
            Retry = new RetryOptions { MaxAttempts = 10 },
        };
        using TcpClient client = await TcpClient.ConnectAsync("localhost", port, options, cancellationToken);
    }

    public static async Task Keep(int port, CancellationToken cancellationToken)
    {
        var options = new TcpClientOptions { HandlerFailed = (client, exception) => Console.WriteLine(exception.Message) };
        await TcpClient.KeepConnectedAsync(
            "localhost",
            port,
            async (client, token) =>
            {
                using var lines = new StreamReader(client.GetStream(leaveOpen: true));
                while (await lines.ReadLineAsync(token) is { } line)
                {
                    Console.WriteLine(line);
                }
            },
            options,
            cancellationToken);
    }
}
