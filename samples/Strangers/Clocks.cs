using SocketKit;
using SocketKit.Framing;

/// <summary>Who may stay: not the silent, not the idle, not who sends a line byte by byte, and not who never reads.</summary>
internal static class Clocks
{
    /// <summary>Between two lines or bytes of a client; well below the limits of the server.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    public static async Task ShowAsync()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0, PublicServer.WithClocks());
        Task serving = server.ServeAsync(PublicServer.HandleAsync);
        int port = server.Port;
        Task others = Task.WhenAll(SayNothingAsync(port), FallSilentAsync(port), DripAsync(port), NeverReadAsync(port));

        // Four others come and go meanwhile, and this one does not notice.
        Console.WriteLine($"[polite] still served after {await BePoliteAsync(port, others)} lines");
        await others;
        await server.StopAsync();
        await serving;
        PublicServer.Print("clocks", server.GetStatistics());
    }

    /// <summary>Says a line now and then, and reads the answer, until the others are gone.</summary>
    private static async Task<int> BePoliteAsync(int port, Task others)
    {
        await using MessageChannel lines = (await Stranger.ConnectAsync(port)).GetMessages(MessageFraming.Lines);
        int count = 0;
        for (; !others.IsCompleted; count++)
        {
            await lines.SendAsync("good day");
            _ = await lines.ReceiveAsync() ?? throw new InvalidDataException("The server has turned its best client away.");
            await Task.Delay(s_pause);
        }

        return count;
    }

    /// <summary>FirstByteTimeout.</summary>
    private static async Task SayNothingAsync(int port)
    {
        using TcpClient client = await Stranger.ConnectAsync(port);
        Console.WriteLine($"[silent] says nothing: {await Stranger.FateOfAsync(client)}");
    }

    /// <summary>IdleTimeout.</summary>
    private static async Task FallSilentAsync(int port)
    {
        using TcpClient client = await Stranger.GreetAsync(port);
        Console.WriteLine($"[idle] says nothing any more: {await Stranger.FateOfAsync(client)}");
    }

    /// <summary>MessageTimeout. Each byte moves something, so the connection is not idle.</summary>
    private static async Task DripAsync(int port)
    {
        using TcpClient client = await Stranger.ConnectAsync(port);
        await SendUntilCutAsync(client, "x"u8.ToArray(), s_pause);
        Console.WriteLine($"[dripping] sends a line byte by byte: {await Stranger.FateOfAsync(client)}");
    }

    /// <summary>SendStallTimeout. It asks until the kernel has no more room for answers, so that the server's send waits.</summary>
    private static async Task NeverReadAsync(int port)
    {
        using TcpClient client = await Stranger.ConnectAsync(port, receiveBuffer: 16 * 1024);
        byte[] line = [.. Enumerable.Repeat((byte)'x', 999), (byte)'\n'];
        await SendUntilCutAsync(client, line, TimeSpan.Zero);
        Console.WriteLine($"[deaf] never reads: {await Stranger.FateOfAsync(client)}");
    }

    private static async Task SendUntilCutAsync(TcpClient client, byte[] data, TimeSpan pause)
    {
        try
        {
            while (true)
            {
                await client.SendAsync(data);
                await Task.Delay(pause);
            }
        }
        catch (SocketOperationException exception) when (exception.IsDisconnect())
        {
            // The server has reset the connection.
        }
    }
}
