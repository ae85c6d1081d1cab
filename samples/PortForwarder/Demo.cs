using System.Text;
using SocketKit;
using SocketException = System.Net.Sockets.SocketException;

/// <summary>A client, the forwarder and a target in one process, so that the sample needs neither input nor a second terminal.</summary>
internal static class Demo
{
    public static async Task RunAsync()
    {
        using var stop = new CancellationTokenSource();
        await using TcpServer target = TcpServer.Listen("localhost", 0);
        await using TcpServer front = TcpServer.Listen("localhost", 0, new() { IsPeerFault = Forwarder.IsPeerFault });
        Console.WriteLine($"[forwarder] to localhost:{target.Port}, listening on port {front.Port}");

        // Both servers end without an exception when their token fires.
        await Task.WhenAll(
            target.ServeAsync(AnswerAsync, stop.Token),
            Forwarder.RunAsync(front, "localhost", target.Port, stop.Token),
            TalkAsync(front.Port, stop));
    }

    private static async Task TalkAsync(int port, CancellationTokenSource stop)
    {
        try
        {
            await AskAsync(port);
            await BreakOffAsync(port);
        }
        finally
        {
            await stop.CancelAsync();
        }
    }

    /// <summary>The target: reads everything until the client has finished, and only then answers in capitals.</summary>
    private static async Task AnswerAsync(TcpConnection connection, CancellationToken cancellationToken)
    {
        string question = await ReadToEndAsync(connection, cancellationToken);
        Console.WriteLine($"[target] got '{question}'");
        if (question == "break off")
        {
            // Abort closes with RST. The forwarder passes that on, because an ordinary close would look like an answer without content.
            connection.Abort();
            return;
        }

        await connection.SendAsync(question.ToUpperInvariant(), cancellationToken);
    }

    private static async Task AskAsync(int port)
    {
        using TcpClient client = await TcpClient.ConnectAsync("localhost", port);
        await client.SendAsync("hello through the forwarder");

        // The half-close goes through the forwarder, too: without it the target would wait for more, and never answer.
        client.ShutdownSend();
        Console.WriteLine($"[client] answer: '{await ReadToEndAsync(client, CancellationToken.None)}'");
    }

    /// <summary>Reads a short text until the peer has finished sending.</summary>
    private static async Task<string> ReadToEndAsync(TcpConnection connection, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1024];
        int length = 0;
        int received;
        while (length < buffer.Length && (received = await connection.ReceiveAsync(buffer.AsMemory(length), cancellationToken)) > 0)
        {
            length += received;
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static async Task BreakOffAsync(int port)
    {
        using TcpClient client = await TcpClient.ConnectAsync("localhost", port);
        await client.SendAsync("break off");
        client.ShutdownSend();
        try
        {
            await client.ReceiveAsync(new byte[1]);
            Console.WriteLine("[client] a clean end");
        }
        catch (SocketException exception) when (exception.IsDisconnect())
        {
            // This is what the client would have seen without a forwarder in between.
            Console.WriteLine($"[client] the connection was broken off: {exception.SocketErrorCode}");
        }
    }
}
