using System.Diagnostics;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Loops;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>
/// Handlers that were resumed on a loop and do not come back to it. What they wait for comes only after their neighbours were served, so
/// a loop that waits with them never gets there.
/// </summary>
[Collection(Serial.Name)]
public sealed class BlockingHandlerTests : EngineTests<EpollUnderTest>
{
    private const byte Echo = (byte)'e';
    private const byte Hold = (byte)'h';
    private const int Neighbours = 4;
    private const int Rounds = 50;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(64)]
    public Task A_handler_that_waits_for_an_event_holds_up_nobody(int count)
    {
        var released = new ManualResetEventSlim();
        return ServesMeanwhileAsync(count, _ => released.Wait(Limits.Hang), released.Set);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public Task A_handler_that_burns_its_processor_holds_up_nobody(int count)
    {
        bool released = false;
        return ServesMeanwhileAsync(count, _ => Burn(() => Volatile.Read(ref released)), () => Volatile.Write(ref released, true));
    }

    /// <summary>More threads that work than processors only take them from the loops: the rest queues.</summary>
    [LinuxFact]
    public async Task Of_many_handlers_that_burn_their_processor_only_some_run_at_a_time()
    {
        TimeSpan each = TimeSpan.FromMilliseconds(5);
        int running = 0;
        int most = 0;
        using TcpServer server = Listen();
        Task serving = server.ServeAsync((connection, token) => ServeAsync(
            connection,
            _ =>
            {
                InterlockedMax(ref most, Interlocked.Increment(ref running));
                long started = Stopwatch.GetTimestamp();
                bool hasBurnt = Burn(() => Stopwatch.GetElapsedTime(started) > each);
                Interlocked.Decrement(ref running);
                return hasBurnt;
            },
            token));
        TcpClient[] clients = [.. Enumerable.Range(0, (4 * Environment.ProcessorCount) + 8).Select(_ => Connect(server))];

        // It takes a few requests until the loop knows them.
        long begun = Stopwatch.GetTimestamp();
        do
        {
            Stopwatch.GetElapsedTime(begun).Should().BeLessThan(Limits.Hang);
            Volatile.Write(ref most, 0);
            await Task.WhenAll(clients.Select(static client => EchoAsync(client, Hold)));
        }
        while (Volatile.Read(ref most) > clients.Length / 2);

        Array.ForEach(clients, static client => client.Dispose());
        await server.StopAsync().Within();
        await serving.Within();
    }

    [LinuxFact]
    [SupportedOSPlatform("linux")]
    public Task On_the_thread_pool_a_handler_that_waits_holds_up_nobody_and_no_loop_runs_it()
    {
        var released = new ManualResetEventSlim();
        return ServesMeanwhileAsync(1, _ => EpollLoop.Current is null && released.Wait(Limits.Hang), released.Set, Dispatch.ThreadPool);
    }

    [LinuxFact]
    public Task A_blocking_receive_on_its_own_connection_gives_the_loop_away() =>
        ServesMeanwhileAsync(2, static connection => connection.Receive(new byte[1]) == 1, release: null);

    [LinuxFact]
    public Task A_blocking_wait_for_its_own_async_receive_does_not_hang() =>
        ServesMeanwhileAsync(2, static connection => connection.ReceiveAsync(new byte[1]).AsTask().Wait(Limits.Hang), release: null);

    [LinuxFact]
    public async Task Handlers_that_never_come_back_leave_the_server_to_the_others()
    {
        const int Stuck = SpareThreads.MostHeld;
        using var released = new ManualResetEventSlim();
        using var server = Listen();
        Task serving = server.ServeAsync((connection, token) => ServeAsync(connection, _ => released.Wait(Limits.Hang), token));
        TcpClient[] stuck = [.. Enumerable.Range(0, Stuck).Select(_ => Connect(server))];
        try
        {
            foreach (TcpClient client in stuck)
            {
                await EchoAsync(client);
            }

            foreach (TcpClient client in stuck)
            {
                client.Send([Hold]);
            }

            using TcpClient late = Connect(server);
            for (int i = 0; i < Rounds; i++)
            {
                await EchoAsync(late);
            }
        }
        finally
        {
            released.Set();
            Array.ForEach(stuck, static client => client.Dispose());
        }

        await server.StopAsync().Within();
        await serving.Within();
    }

    [LinuxFact]
    public async Task A_million_receives_that_end_at_once_need_no_more_stack_than_one()
    {
        using TcpPairUnderTest pair = ConnectPair();
        const int Count = 1_000_000;
        Task sending = Task.Run(async () =>
        {
            byte[] data = new byte[Count / 10];
            for (int i = 0; i < 10; i++)
            {
                await pair.Client.SendAsync(data);
            }
        });
        byte[] one = new byte[1];
        for (int i = 0; i < Count; i++)
        {
            (await pair.Accepted.ReceiveAsync(one)).Should().Be(1);
        }

        await sending.Within();
    }

    private static async Task ServeAsync(TcpConnection connection, Func<TcpConnection, bool> hold, CancellationToken token)
    {
        byte[] buffer = new byte[1];
        while (await connection.ReceiveAsync(buffer, token) > 0)
        {
            if (buffer[0] == Hold)
            {
                hold(connection).Should().BeTrue("what it waits for comes");
            }

            await connection.SendAsync(buffer, token);
        }
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen = Volatile.Read(ref most);
        while (value > seen && Interlocked.CompareExchange(ref most, value, seen) is var found && found != seen)
        {
            seen = found;
        }
    }

    private static bool Burn(Func<bool> until)
    {
        while (!until())
        {
            Thread.SpinWait(10);
        }

        return true;
    }

    private static async Task EchoAsync(TcpClient client, byte ball = Echo)
    {
        byte[] buffer = [ball];
        await client.SendAsync(buffer).Within();
        (await client.ReceiveAsync(buffer).Within()).Should().Be(1);
    }

    /// <summary>
    /// Some handlers are held; their neighbours on the same loops go on; then the held ones are released, by a byte of their own if by
    /// nothing else.
    /// </summary>
    private async Task ServesMeanwhileAsync(int count, Func<TcpConnection, bool> hold, Action? release, Dispatch dispatch = Dispatch.Inline)
    {
        TcpServerOptions options = ServerOptions;
        options.Dispatch = dispatch;
        using TcpServer server = Listen(options);
        Task serving = server.ServeAsync((connection, token) => ServeAsync(connection, hold, token));
        TcpClient[] held = [.. Enumerable.Range(0, count).Select(_ => Connect(server))];
        TcpClient[] neighbours = [.. Enumerable.Range(0, Neighbours).Select(_ => Connect(server))];
        try
        {
            foreach (TcpClient client in held.Concat(neighbours))
            {
                await EchoAsync(client);
            }

            foreach (TcpClient client in held)
            {
                client.Send([Hold]);
            }

            for (int i = 0; i < Rounds; i++)
            {
                await Task.WhenAll(neighbours.Select(static client => EchoAsync(client)));
            }

            release?.Invoke();
            byte[] answer = new byte[1];
            foreach (TcpClient client in held)
            {
                if (release is null)
                {
                    client.Send([Echo]);
                }

                (await client.ReceiveAsync(answer).Within()).Should().Be(1);
                answer[0].Should().Be(Hold);
            }
        }
        finally
        {
            release?.Invoke();
            Array.ForEach([.. held, .. neighbours], static client => client.Dispose());
        }

        await server.StopAsync().Within();
        await serving.Within();
    }
}
