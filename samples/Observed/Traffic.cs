using System.Diagnostics;
using System.Text;
using SocketKit;

/// <summary>Something to observe: a server that answers in capitals, and clients that fare well or badly.</summary>
internal static class Traffic
{
    public static async Task PlayAsync()
    {
        await using var server = TcpServer.Listen("localhost", 0, Options);
        Task serving = server.ServeAsync(AnswerAsync);

        // Two clients that are served. Each is one "socket connect" and, on the other side, one "connection".
        await AskAsync(server.Port, "hello");
        await AskAsync(server.Port, "how are you?");

        // The handler throws: the span of this connection is an error, and error.type on its duration is local_abort.
        await AskAsync(server.Port, "boom");

        // While two connections are held, the server is full. The third one is a rejected connection, and no handler sees it.
        await WaitUntilAsync(() => server.ConnectionCount == 0);
        using (var first = await TcpClient.ConnectAsync("localhost", server.Port))
        using (var second = await TcpClient.ConnectAsync("localhost", server.Port))
        {
            await first.SendAsync("hello");
            await first.ReceiveAsync(new byte[64]);
            await second.SendAsync("hello");
            await second.ReceiveAsync(new byte[64]);
            ConnectResult third = await TcpClient.TryConnectAsync("localhost", server.Port);
            using TcpClient? rejected = third.Client;
            await WaitUntilAsync(() => server.GetStatistics().RejectedTotal == 1);
        }

        await server.StopAsync();
        await serving;

        // Nobody listens there any more. The span has an event for each address that was tried.
        ConnectResult refused = await TcpClient.TryConnectAsync("localhost", server.Port);
        using TcpClient? none = refused.Client;
        Console.WriteLine($"[client] nobody listens on port {server.Port}: {refused.SocketErrorCode}");
    }

    public static async Task ServeAsync(int port)
    {
        await using var server = TcpServer.Listen("localhost", port, Options);
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, key) =>
        {
            key.Cancel = true;
            stop.Cancel();
        };
        Console.WriteLine($"[server] port: {server.Port}");
        await server.ServeAsync(AnswerAsync, stop.Token);
    }

    private static TcpServerOptions Options => new()
    {
        MaxConnections = 2,
        HandlerFailed = (connection, exception) => Console.WriteLine($"[server] a handler failed: {exception.Message}"),
    };

    private static async Task AnswerAsync(TcpConnection connection, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1024];
        int received;
        while ((received = await connection.ReceiveAsync(buffer, cancellationToken)) > 0)
        {
            string question = Encoding.UTF8.GetString(buffer, 0, received);

            // The span of the connection is the current activity here. What is set on it comes with it.
            Activity.Current?.AddEvent(new ActivityEvent("question"));
            if (question == "boom")
            {
                throw new InvalidOperationException("this question has no answer");
            }

            await connection.SendAsync(question.ToUpperInvariant(), cancellationToken);
        }
    }

    private static async Task AskAsync(int port, string question)
    {
        using var client = await TcpClient.ConnectAsync("localhost", port);
        await client.SendAsync(question);
        byte[] answer = new byte[1024];
        try
        {
            int received = await client.ReceiveAsync(answer);
            Console.WriteLine($"[client] answer: {Encoding.UTF8.GetString(answer, 0, received)}");
        }
        catch (SocketOperationException exception)
        {
            Console.WriteLine($"[client] {exception.SocketErrorCode}");
        }
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(10);
        }
    }
}
