using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux.Hazards;

/// <summary>One connection that always has something to read must not keep the loop from the others.</summary>
public sealed class FairnessTests : EngineTests<OneLoopUnderTest>
{
    [Fact]
    public async Task Sixty_three_connections_go_on_while_one_floods()
    {
        const int Others = 63;
        const int Rounds = 100;
        using TcpServer server = Listen();
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            byte[] buffer = new byte[1024];
            int received;
            while ((received = await connection.ReceiveAsync(buffer, token)) > 0)
            {
                if (received == 1)
                {
                    await connection.SendAsync(buffer.AsMemory(0, 1), token);
                }
            }
        });
        using TcpClient flooding = Connect(server);
        TcpClient[] others = [.. Enumerable.Range(0, Others).Select(_ => Connect(server))];
        byte[] flood = new byte[256 * 1024];
        bool isOver = false;
        long flooded = 0;
        Task sending = Limits.OnThread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                Interlocked.Add(ref flooded, flooding.Send(flood));
            }
        });

        await Task.WhenAll(others.Select(client => Task.Run(async () =>
        {
            byte[] ball = new byte[1];
            for (int i = 0; i < Rounds; i++)
            {
                await client.SendAsync(ball);
                (await client.ReceiveAsync(ball).Within()).Should().Be(1);
            }
        })));
        long meanwhile = Interlocked.Read(ref flooded);
        await Eventually.BeTrueAsync(() => Interlocked.Read(ref flooded) > meanwhile, "the flood goes on, too");

        Volatile.Write(ref isOver, true);
        await sending.Within();
        Array.ForEach(others, static client => client.Dispose());
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    [Fact]
    public async Task A_handler_that_never_has_to_wait_comes_after_those_that_are_ready()
    {
        const int Bytes = 400;
        using TcpPairUnderTest start = ConnectPair();
        using TcpPairUnderTest greedy = ConnectPair();
        using TcpPairUnderTest modest = ConnectPair();
        int received = 0;
        Task<bool> starting = StartAsync();
        Task eating = EatAsync();
        Task<int> waiting = WaitAsync();

        start.Client.Send("x"u8);

        (await starting.Within()).Should().BeTrue();
        (await waiting.Within()).Should().BeLessThan(Bytes, "it was ready all the time");
        await eating.Within();

        // On the loop, so that it finds both of them ready when this is done.
        async Task<bool> StartAsync()
        {
            await start.Accepted.ReceiveAsync(new byte[1]).ConfigureAwait(false);
            return greedy.Client.TrySend(new byte[Bytes], out int sent) && sent == Bytes && modest.Client.TrySend("x"u8, out _);
        }

        async Task EatAsync()
        {
            byte[] buffer = new byte[1];
            while (received < Bytes)
            {
                await greedy.Accepted.ReceiveAsync(buffer).ConfigureAwait(false);
                received++;
            }
        }

        async Task<int> WaitAsync()
        {
            await modest.Accepted.ReceiveAsync(new byte[1]).ConfigureAwait(false);
            return received;
        }
    }
}
