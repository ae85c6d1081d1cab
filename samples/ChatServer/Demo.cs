using System.Diagnostics;
using System.Text;
using SocketKit;
using SocketKit.Framing;

/// <summary>Fifty guests talk, one more never reads, and then the server stops.</summary>
internal static class Demo
{
    private const int Guests = 50;
    private const int Rounds = 100;

    private const string Line = "this is what I have to say, as everybody else";

    /// <summary>Bytes. Small buffers in the kernel, so that the one who never reads is noticed soon.</summary>
    private const int Small = 16 * 1024;

    public static async Task RunAsync()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0, new() { SendBufferSize = Small });
        Task serving = server.ServeAsync(new Room().HandleAsync);

        using TcpClient deaf = await TcpClient.ConnectAsync("localhost", server.Port, new TcpClientOptions { ReceiveBufferSize = Small });
        await deaf.SendAsync("deaf\n");
        var guests = new List<MessageChannel>();
        for (int i = 0; i < Guests; i++)
        {
            guests.Add(await JoinAsync(server.Port, $"guest{i}"));
        }

        await Task.WhenAll(guests.Select(TalkAsync));
        Console.WriteLine($"[demo] each of {Guests} guests has heard {Guests * Rounds} lines");
        Console.WriteLine($"[demo] the one who never reads is {FateOf(deaf)}");

        // Who waits between two lines is told at once: the handler's receive gives null. Nobody has to wait for the drain.
        long start = Stopwatch.GetTimestamp();
        await server.StopAsync();
        await serving;
        Console.WriteLine($"[demo] the server has stopped, after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
        guests.ForEach(static guest => guest.Dispose());
    }

    private static async Task<MessageChannel> JoinAsync(int port, string name)
    {
        TcpClient client = await TcpClient.ConnectAsync("localhost", port);
        MessageChannel lines = client.GetMessages(MessageFraming.Lines);
        await lines.SendAsync(name);
        await HearAsync(lines, $"* {name} is here", times: 1);

        // From here on it hears what everybody says.
        return lines;
    }

    /// <summary>Says one line per round, and listens until it has heard as many lines as there are guests.</summary>
    private static async Task TalkAsync(MessageChannel lines)
    {
        for (int round = 0; round < Rounds; round++)
        {
            await lines.SendAsync(Line);
            await HearAsync(lines, Line, Guests);
        }
    }

    private static async Task HearAsync(MessageChannel lines, string text, int times)
    {
        for (int heard = 0; heard < times;)
        {
            if (await lines.ReceiveAsync() is not { } line)
            {
                throw new InvalidOperationException("The server has finished.");
            }

            heard += Encoding.UTF8.GetString(line).EndsWith(text, StringComparison.Ordinal) ? 1 : 0;
        }
    }

    private static string FateOf(TcpClient deaf)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (deaf.Receive(buffer, TimeSpan.FromSeconds(10)) > 0)
            {
                // What had been sent before.
            }

            return "still there";
        }
        catch (SocketOperationException exception) when (exception.IsDisconnect())
        {
            return "cut";
        }
    }
}
