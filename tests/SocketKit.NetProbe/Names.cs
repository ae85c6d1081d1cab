using System.Diagnostics;

namespace SocketKit.NetProbe;

/// <summary>Name look-ups. The probe is its own name server.</summary>
internal static class Names
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(300);

    /// <summary>Far below the 30 seconds that the resolver is told to wait, and far above what a busy machine takes.</summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(15);

    public static async Task ResolveAsync()
    {
        using var nameServer = new NameServer();
        using TcpServer server = TcpServer.Listen("127.0.0.1", 0);

        foreach (string name in new[] { "good", "unknown", "failing", "empty" })
        {
            Outcome.Print($"Connect {name}", () => Remote(TcpClient.Connect($"{name}.test.", server.Port)));
            await Outcome.PrintAsync($"ConnectAsync {name}", async () =>
                Remote(await TcpClient.ConnectAsync($"{name}.test.", server.Port)));
        }

        var impatient = new TcpClientOptions { ConnectTimeout = s_limit };
        Outcome.Print("Connect silent", () => Timed(() => TcpClient.Connect("silent.test.", 80, impatient)));
        await Outcome.PrintAsync("ConnectAsync silent", () =>
            TimedAsync(async () => await TcpClient.ConnectAsync("silent.test.", 80, impatient), s_limit));
        await Outcome.PrintAsync("ConnectAsync silent, cancelled", async () =>
        {
            using var source = new CancellationTokenSource(s_limit);
            return await TimedAsync(async () => await TcpClient.ConnectAsync("silent.test.", 80, null, source.Token), TimeSpan.Zero);
        });
    }

    /// <summary>A name server that takes its time, and one that is dead, for every member that takes a host.</summary>
    public static async Task ResolveLateAsync()
    {
        using var nameServer = new NameServer(lag: TimeSpan.FromSeconds(1.5));
        using TcpServer server = TcpServer.Listen("127.0.0.1", 0);
        int unobserved = 0;
        TaskScheduler.UnobservedTaskException += (_, _) => Interlocked.Increment(ref unobserved);

        Task<TcpClient>[] all = [.. Enumerable.Range(0, 12).Select(_ => TcpClient.ConnectAsync("lagging.test.", server.Port))];
        for (int i = 0; i < all.Length; i++)
        {
            await Outcome.PrintAsync($"ConnectAsync lagging {i}", async () => Remote(await all[i]));
        }

        await Outcome.PrintAsync("UDP ConnectAsync silent, cancelled", async () =>
        {
            using var source = new CancellationTokenSource(s_limit);
            return await TimedAsync(async () => await UdpEndpoint.ConnectAsync("silent.test.", 9, null, source.Token), TimeSpan.Zero);
        });

        var impatient = new TcpClientOptions { ConnectTimeout = s_limit };
        int late = nameServer.LateAnswers;
        await Outcome.PrintAsync("ConnectAsync waiting", async () => await TcpClient.ConnectAsync("waiting.test.", 80, impatient));
        SpinWait.SpinUntil(() => nameServer.LateAnswers > late + 1, s_soon);
        await PrintMessageAsync("ConnectAsync", async () => await TcpClient.ConnectAsync("failing.test.", 80));
        await PrintMessageAsync("UDP ConnectAsync", async () => await UdpEndpoint.ConnectAsync("failing.test.", 80));
        await PrintMessageAsync("Connect", () => Task.FromResult<object?>(TcpClient.Connect("failing.test.", 80)));
        await PrintMessageAsync("UDP Connect", () => Task.FromResult<object?>(UdpEndpoint.Connect("failing.test.", 80)));
        await PrintMessageAsync("Listen", () => Task.FromResult<object?>(TcpServer.Listen("failing.test.", 80)));
        await PrintMessageAsync("Bind", () => Task.FromResult<object?>(UdpEndpoint.Bind("failing.test.", 80)));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Console.WriteLine($"unobserved: {Volatile.Read(ref unobserved)}");
    }

    private static Task PrintMessageAsync(string what, Func<Task<object?>> call) => Outcome.PrintAsync(what, async () =>
    {
        try
        {
            return await call();
        }
        catch (System.Net.Sockets.SocketException exception)
        {
            // The test judges it.
            return exception.Message;
        }
    });

    private static string Remote(TcpClient client)
    {
        using (client)
        {
            return client.RemoteEndPoint!.Address.ToString();
        }
    }

    private static string Timed(Func<TcpClient> connect) =>
        TimedAsync(() => Task.FromResult<object>(connect()), s_limit).GetAwaiter().GetResult()!.ToString()!;

    private static async Task<object?> TimedAsync(Func<Task<object>> connect, TimeSpan least)
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
}
