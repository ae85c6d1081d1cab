using System.Diagnostics;
using System.Net;

namespace SocketKit.NetProbe;

/// <summary>Name look-ups. It is its own name server: the first letter of a name says what is answered.</summary>
internal static class Names
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(300);

    /// <summary>Far below the 30 seconds that the resolver is told to wait, and far above what a busy machine takes.</summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(15);

    public static async Task ResolveAsync()
    {
        using UdpEndpoint nameServer = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 53));
        _ = AnswerAsync(nameServer);
        using TcpServer server = TcpServer.Listen("127.0.0.1", 0);

        foreach (string name in new[] { "good", "unknown", "failing", "empty" })
        {
            Outcome.Print($"Connect {name}", () => Remote(TcpClient.Connect($"{name}.test.", server.Port)));
            await Outcome.PrintAsync($"ConnectAsync {name}", async () => Remote(await TcpClient.ConnectAsync($"{name}.test.", server.Port)));
        }

        var impatient = new TcpClientOptions { ConnectTimeout = s_limit };
        Outcome.Print("Connect silent", () => Timed(() => TcpClient.Connect("silent.test.", 80, impatient)));
        await Outcome.PrintAsync("ConnectAsync silent", () => TimedAsync(() => TcpClient.ConnectAsync("silent.test.", 80, impatient), s_limit));
        await Outcome.PrintAsync("ConnectAsync silent, cancelled", async () =>
        {
            using var source = new CancellationTokenSource(s_limit);
            return await TimedAsync(() => TcpClient.ConnectAsync("silent.test.", 80, null, source.Token), TimeSpan.Zero);
        });
    }

    private static string Remote(TcpClient client)
    {
        using (client)
        {
            return client.RemoteEndPoint!.Address.ToString();
        }
    }

    private static string Timed(Func<TcpClient> connect) => TimedAsync(() => Task.FromResult(connect()), s_limit).GetAwaiter().GetResult()!.ToString()!;

    private static async Task<object?> TimedAsync(Func<Task<TcpClient>> connect, TimeSpan least)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            return await connect();
        }
        catch (Exception exception)
        {
            // The test judges it.
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            string when = elapsed >= least && elapsed < s_soon ? "in time" : $"after {elapsed}";
            return $"{Outcome.Describe(exception)} {when}";
        }
    }

    /// <summary>RFC 1035: the query with the answer bit, a code, and for "good" one address record.</summary>
    private static async Task AnswerAsync(UdpEndpoint nameServer)
    {
        byte[] buffer = new byte[512];
        while (true)
        {
            ReceivedDatagram query = await nameServer.ReceiveFromAsync(buffer);
            char first = (char)buffer[13];
            int length = EndOfQuestion(buffer);
            bool isForIPv4 = buffer[length - 3] == 1;
            if (first == 's')
            {
                continue;
            }

            // Answer, recursion available; the code 3 is "no such name", 2 "server failure".
            buffer[2] |= 0x80;
            buffer[3] = (byte)(0x80 | (first switch { 'u' => 3, 'f' => 2, _ => 0 }));
            buffer.AsSpan(6, 6).Clear();
            if (first == 'g' && isForIPv4)
            {
                // The name of the question, type A, class IN, 60 seconds, 127.0.0.1.
                byte[] record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1];
                record.CopyTo(buffer, length);
                length += record.Length;
                buffer[7] = 1;
            }

            await nameServer.SendToAsync(buffer.AsMemory(0, length), query.RemoteEndPoint!);
        }
    }

    private static int EndOfQuestion(byte[] query)
    {
        int at = 12;
        while (query[at] != 0)
        {
            at += query[at] + 1;
        }

        return at + 5;
    }
}
