using System.Diagnostics;
using System.Text;
using SocketKit;

/// <summary>Four clients of one server, which stops in the middle of their requests.</summary>
internal static class Demo
{
    private static readonly TimeSpan s_workTime = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_drainTime = TimeSpan.FromMilliseconds(1000);
    private static long s_stopped;

    public static async Task RunAsync()
    {
        var answerer = new Answerer(s_workTime, Say);
        await using TcpServer server = TcpServer.Listen("localhost", 0, new() { DrainTimeout = s_drainTime });
        Task serving = server.ServeAsync(answerer.HandleAsync);
        Say($"[server] listening on port {server.Port}; an answer takes {s_workTime.TotalMilliseconds} ms");

        Task[] clients =
        [
            TalkAsync("busy", server.Port, "a report\n"),
            TalkAsync("half", server.Port, "the first part of a lin"),
            TalkAsync("stuck", server.Port, "hang\n"),
            TalkAsync("idle", server.Port, string.Empty),
        ];

        // The stop is to come when three requests have begun, and the fourth client is served, too.
        for (int i = 0; i < 3; i++)
        {
            await answerer.Begun.WaitAsync();
        }

        while (server.ConnectionCount < clients.Length)
        {
            await Task.Delay(1);
        }

        s_stopped = Stopwatch.GetTimestamp();
        Say($"[server] the stop begins; the drain takes at most {s_drainTime.TotalMilliseconds} ms");
        Task stopping = server.StopAsync();

        // The listener is closed when StopAsync returns its task.
        ConnectResult late = await TcpClient.TryConnectAsync("localhost", server.Port);
        Say($"[late] {late.SocketErrorCode}");

        // "stuck" never returns, and yet this ends.
        await stopping;
        await serving;
        Say("[server] stopped");
        await Task.WhenAll(clients);
    }

    private static async Task TalkAsync(string name, int port, string request)
    {
        using TcpClient client = await TcpClient.ConnectAsync("localhost", port);
        await client.SendAsync(request);
        byte[] buffer = new byte[1024];
        try
        {
            int n;
            while ((n = await client.ReceiveAsync(buffer)) > 0)
            {
                Say($"[{name}] answer: {Encoding.UTF8.GetString(buffer, 0, n).TrimEnd()}");
            }

            Say($"[{name}] the server has closed the connection (FIN)");
        }
        catch (SocketOperationException exception) when (exception.IsDisconnect())
        {
            // The handler did not end in time, so its connection was aborted.
            Say($"[{name}] the server has aborted the connection (RST)");
        }
    }

    private static void Say(string line)
    {
        string when = s_stopped == 0 ? string.Empty : $"+{Stopwatch.GetElapsedTime(s_stopped).TotalMilliseconds:0} ms";
        Console.WriteLine($"{when,8} {line}");
    }
}
