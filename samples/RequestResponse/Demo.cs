using System.Collections.Concurrent;
using System.Diagnostics;
using SocketKit;

/// <summary>Calls a server, one call and a thousand at once, and restarts it in the middle.</summary>
internal static class Demo
{
    private const int Many = 1_000;
    private const int SlowestAnswer = 50;

    /// <summary>How long a call may take that is meant to be answered.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    public static async Task RunAsync()
    {
        int port = Sample.FindPort();
        var rpc = new RpcServer(AnswerAsync);
        await using TcpServer first = TcpServer.Listen("localhost", port);
        Task serving = first.ServeAsync(rpc.HandleAsync);

        // The delays between connects are short, so that the sample is. The defaults are 100 ms, growing to 30 s.
        var options = new TcpClientOptions
        {
            Retry = new RetryOptions { FirstDelay = TimeSpan.FromMilliseconds(20), MaxDelay = TimeSpan.FromMilliseconds(200) },
        };
        await using var client = new RpcClient("localhost", port, options);
        Console.WriteLine($"[client] hello → {await client.CallAsync("hello", s_patience)}");
        await CallManyAsync(client);
        Console.WriteLine($"[client] fail → {await FailAsync<InvalidOperationException>(client.CallAsync("fail", s_patience))}");
        Console.WriteLine($"[client] {await FailAsync<TimeoutException>(client.CallAsync("never", TimeSpan.FromMilliseconds(100)))}");

        // Three calls that the server has received and not answered, which the answer to a fourth one proves.
        Task<string>[] underWay = [.. Enumerable.Range(0, 3).Select(_ => client.CallAsync("never", s_patience))];
        await client.CallAsync("are you there?", s_patience);
        await first.DisposeAsync();
        await serving;
        foreach (Task<string> call in underWay)
        {
            Console.WriteLine($"[client] under way: {await FailAsync<IOException>(call)}");
        }

        // The server is away. This call waits until it is back.
        Task<string> waiting = client.CallAsync("back again", s_patience);
        await using TcpServer second = TcpServer.Listen("localhost", port);
        serving = second.ServeAsync(rpc.HandleAsync);
        Console.WriteLine($"[client] back again → {await waiting}");
        await second.StopAsync();
        await serving;
    }

    private static async Task CallManyAsync(RpcClient client)
    {
        var order = new ConcurrentQueue<int>();
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Many).Select(CallAsync));
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        int overtaken = order.Zip(order.Skip(1)).Count(static pair => pair.First > pair.Second);
        Require(overtaken > 0, "the answers came in the order of the calls");
        Console.WriteLine($"[client] {Many} calls at once, each got its own answer, {overtaken} times out of order");
        Console.WriteLine($"[client] {milliseconds:0} ms, where one after the other takes {Many * SlowestAnswer / 2} ms");

        async Task CallAsync(int number)
        {
            string answer = await client.CallAsync($"call {number}", s_patience);
            Require(answer == $"CALL {number}", $"call {number} got the answer '{answer}'");
            order.Enqueue(number);
        }
    }

    /// <summary>What the server can do: say the question in capitals, sooner or later, fail, or never answer.</summary>
    private static async Task<string> AnswerAsync(string question, CancellationToken ending)
    {
        if (question == "fail")
        {
            throw new ArgumentException("there is no such call");
        }

        TimeSpan time = question == "never" ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Random.Shared.Next(SlowestAnswer));
        await Task.Delay(time, ending);
        return question.ToUpperInvariant();
    }

    /// <summary>The message of the exception that the call ends with.</summary>
    private static async Task<string> FailAsync<TException>(Task<string> call)
        where TException : Exception
    {
        try
        {
            throw new InvalidDataException($"The call was answered: {await call}");
        }
        catch (TException exception)
        {
            return exception.Message;
        }
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidDataException(otherwise);
        }
    }
}
