using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>Handlers share the loop's thread, and nothing else: what one leaves in its context is not there for the next.</summary>
public sealed class LoopContextTests : EngineTests<EpollUnderTest>
{
    private const int Clients = 8;
    private const int Rounds = 50;

    private static readonly AsyncLocal<string?> s_local = new();

    [Fact]
    public async Task An_AsyncLocal_value_stays_with_its_connection()
    {
        await using TcpServer server = Listen();
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            byte[] buffer = new byte[1];
            while (await connection.ReceiveAsync(buffer, token) > 0)
            {
                bool isClean = s_local.Value is null || s_local.Value == connection.Id;
                s_local.Value = connection.Id;
                await connection.SendAsync(isClean ? "y"u8.ToArray() : "n"u8.ToArray(), token);
                isClean &= s_local.Value == connection.Id;
                if (!isClean)
                {
                    connection.Abort();
                }
            }
        });
        TcpClient[] clients = [.. Enumerable.Range(0, Clients).Select(_ => Connect(server))];

        await Task.WhenAll(clients.Select(async client =>
        {
            byte[] answer = new byte[1];
            for (int i = 0; i < Rounds; i++)
            {
                await client.SendAsync("?"u8.ToArray());
                (await client.ReceiveAsync(answer).Within()).Should().Be(1);
                answer[0].Should().Be((byte)'y');
            }
        }));

        Array.ForEach(clients, static client => client.Dispose());
        await server.StopAsync().Within();
        await serving.Within();
    }

    [Fact]
    public async Task An_AsyncLocal_value_that_a_bare_callback_sets_is_gone_for_the_next()
    {
        using TcpPairUnderTest first = ConnectPair();
        using TcpPairUnderTest second = ConnectPair();
        var set = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);

        // An async method would put its context away by itself.
        CallBack(first.Accepted.ReceiveAsync(new byte[1]), () =>
        {
            s_local.Value = "left behind";
            set.SetResult();
        });
        CallBack(second.Accepted.ReceiveAsync(new byte[1]), () => seen.SetResult(s_local.Value));
        first.Client.Send("x"u8);
        await set.Task.Within();
        second.Client.Send("x"u8);

        (await seen.Task.Within()).Should().BeNull();
    }

    [Fact]
    public async Task A_SynchronizationContext_that_a_handler_sets_is_gone_for_the_next()
    {
        using TcpPairUnderTest first = ConnectPair();
        using TcpPairUnderTest second = ConnectPair();
        byte[] buffer = new byte[1];
        Task setting = SetAfterAsync(first.Accepted, buffer);
        Task<SynchronizationContext?> seen = SeenAfterAsync(second.Accepted, new byte[1]);

        first.Client.Send("x"u8);
        await setting.Within();
        second.Client.Send("x"u8);

        (await seen.Within()).Should().BeNull();
    }

    private static void CallBack(ValueTask<int> receive, Action callback) =>
        receive.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(callback);

    private static async Task SetAfterAsync(TcpConnection connection, byte[] buffer)
    {
        await connection.ReceiveAsync(buffer).ConfigureAwait(false);
        SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
    }

    private static async Task<SynchronizationContext?> SeenAfterAsync(TcpConnection connection, byte[] buffer)
    {
        await connection.ReceiveAsync(buffer).ConfigureAwait(false);
        return SynchronizationContext.Current;
    }
}
