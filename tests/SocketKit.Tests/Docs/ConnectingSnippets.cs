namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/connecting.md, compiled.</summary>
internal static class ConnectingSnippets
{
    public static async Task Result()
    {
        ConnectResult result = await TcpClient.TryConnectAsync("localhost", 12345);
        if (result.IsConnected)
        {
            using TcpClient client = result.Client;
            await client.SendAsync("hello");
        }
        else
        {
            Console.WriteLine($"{result.SocketErrorCode}: {result.Error.Message}");
        }
    }

    public static async Task Retry(CancellationToken cancellationToken)
    {
        var options = new TcpClientOptions
        {
            ConnectTimeout = TimeSpan.FromSeconds(5),
            Retry = new RetryOptions { MaxAttempts = 10 },
        };
        using TcpClient client = await TcpClient.ConnectAsync("localhost", 12345, options, cancellationToken);
    }

    public static async Task Keep(CancellationToken cancellationToken)
    {
        var options = new TcpClientOptions { HandlerFailed = (client, exception) => Console.WriteLine(exception.Message) };
        await TcpClient.KeepConnectedAsync(
            "localhost",
            12345,
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
