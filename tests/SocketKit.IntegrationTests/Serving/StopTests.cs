using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

public abstract class StopTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task Handlers_that_finish_within_the_drain_are_not_cancelled()
    {
        using TcpServer server = Listen();
        var release = new TaskCompletionSource();
        bool cancelled = false;
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            await release.Task;
            cancelled = token.IsCancellationRequested;
            await connection.SendAsync("done"u8.ToArray(), token);
        });
        using TcpClient client = await ConnectServedAsync(server);

        Task stopping = server.StopAsync();
        Func<Task> connect = () => TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions).Within();
        await connect.Should().ThrowAsync<SocketConnectException>("it accepts no more");
        stopping.IsCompleted.Should().BeFalse();
        release.SetResult();

        await stopping.Within();
        await serving.Within();
        cancelled.Should().BeFalse();
        byte[] buffer = new byte[16];
        await client.ReceiveExactlyAsync(buffer.AsMemory(0, 4)).Within();
        (await client.ReceiveAsync(buffer).Within()).Should().Be(0);
    }

    [Fact]
    public async Task After_the_drain_the_token_fires_and_obedient_handlers_close_gracefully()
    {
        using TcpServer server = ListenOnClock();
        Task serving = server.ServeAsync(static (connection, token) => connection.ReceiveAsync(new byte[1], token).AsTask());
        using TcpClient client = await ConnectServedAsync(server);

        Task stopping = server.StopAsync(TimeSpan.FromMinutes(10));
        stopping.IsCompleted.Should().BeFalse();
        await _clock.AdvanceToNextAsync();

        await stopping.Within();
        await serving.Within();
        _clock.Elapsed.Should().Be(TimeSpan.FromMinutes(10));
        (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        server.ConnectionCount.Should().Be(0);
    }

    [Fact]
    public async Task A_handler_that_never_returns_is_aborted_and_given_up_on()
    {
        using TcpServer server = ListenOnClock();
        using var never = new ManualResetEventSlim();
        Task serving = server.ServeAsync((_, _) =>
        {
            never.Wait(CancellationToken.None);
            return Task.CompletedTask;
        });
        using TcpClient client = await ConnectServedAsync(server);

        Task stopping = server.StopAsync(TimeSpan.FromMinutes(10));
        await _clock.RunUntilAsync(stopping);

        await stopping;
        Func<Task> receive = () => client.ReceiveAsync(new byte[1]).Within();
        await receive.Should().ThrowAsync<System.Net.Sockets.SocketException>("its connection was reset");
        await _clock.RunUntilAsync(serving);
        await serving;
        never.Set();
    }

    [Fact]
    public async Task A_callback_on_the_token_that_throws_or_never_returns_does_not_keep_the_server_from_stopping()
    {
        var log = new LogRecorder();
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = log;
        using TcpServer server = Listen(options);
        using var never = new ManualResetEventSlim();
        var registered = new TaskCompletionSource();
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            token.Register(static () => throw new InvalidOperationException("thrown by the callback"));
            token.Register(never.Wait);
            registered.SetResult();
            await connection.ReceiveAsync(new byte[1], CancellationToken.None);
        });
        using TcpClient client = Connect(server);
        await registered.Task.Within();

        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();

        never.Set();
        await Eventually.BeTrueAsync(() => log.Complaints.Any(), "the callback's exception is logged");
        log.Complaints.Single().Exception!.ToString().Should().Contain("thrown by the callback");
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("dispose")]
    [InlineData("dispose asynchronously")]
    public async Task Stopping_from_a_handler_does_not_wait_for_that_handler(string how)
    {
        using TcpServer server = Listen();
        var stopped = new TaskCompletionSource();
        Task serving = server.ServeAsync(async (connection, _) =>
        {
            await connection.ReceiveAsync(new byte[1], CancellationToken.None);
            await (how switch
            {
                "stop" => server.StopAsync(CancellationToken.None),
                "dispose" => Task.Run(server.Dispose, CancellationToken.None),
                _ => server.DisposeAsync().AsTask(),
            });
            stopped.SetResult();
        });
        using TcpClient client = Connect(server);
        client.Send("x"u8);

        await stopped.Task.Within();
        await serving.Within();
    }

    [Fact]
    public async Task A_second_stop_with_a_shorter_drain_wins()
    {
        using TcpServer server = Listen();
        Task serving = server.ServeAsync(static (connection, token) => connection.ReceiveAsync(new byte[1], token).AsTask());
        using TcpClient client = await ConnectServedAsync(server);

        Task patient = server.StopAsync(Timeout.InfiniteTimeSpan);
        Task impatient = server.StopAsync(TimeSpan.Zero);

        await impatient.Within();
        await patient.Within();
        await serving.Within();
    }

    [Fact]
    public async Task Any_drain_up_to_the_longest_time_span_is_accepted()
    {
        using TcpServer server = Listen();
        Task serving = server.ServeAsync(static (connection, token) => connection.ReceiveAsync(new byte[1], token).AsTask());
        using TcpClient client = await ConnectServedAsync(server);

        Task stopping = server.StopAsync(TimeSpan.MaxValue);
        client.Dispose();

        await stopping.Within();
        await serving.Within();
        await server.Invoking(static server => server.StopAsync(TimeSpan.FromMilliseconds(-2)))
            .Should().ThrowAsync<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task Many_connections_are_all_closed()
    {
        const int Many = 500;
        using TcpServer server = Listen();
        Task serving = server.ServeAsync(static (connection, token) => connection.ReceiveAsync(new byte[1], token).AsTask());
        TcpClient[] clients = [.. Enumerable.Range(0, Many).Select(_ => Connect(server))];
        await Eventually.BeAsync(() => server.ConnectionCount, Many, "all are connected");

        await server.StopAsync(TimeSpan.Zero).Within();

        await serving.Within();
        server.ConnectionCount.Should().Be(0);
        foreach (TcpClient client in clients)
        {
            client.WaitReadable(Limits.Hang).Should().BeTrue("its end has come");
            client.Dispose();
        }
    }

    [Fact]
    public async Task The_port_is_free_after_each_stop_although_the_server_closed_first()
    {
        int port = 0;
        for (int i = 0; i < 200; i++)
        {
            using var server = TcpServer.Listen("127.0.0.1", port, ServerOptions);
            port = server.Port;
            Task serving = server.ServeAsync(static (_, _) => Task.CompletedTask);
            using TcpClient client = Connect(server);
            (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(0);

            await server.StopAsync().Within();
            await serving.Within();
        }
    }

    private TcpServer ListenOnClock()
    {
        TcpServerOptions options = ServerOptions;
        options.Clock = _clock;

        // Nothing else than the stop waits for the clock.
        options.FirstByteTimeout = options.SendStallTimeout = Timeout.InfiniteTimeSpan;
        return Listen(options);
    }

    private async Task<TcpClient> ConnectServedAsync(TcpServer server)
    {
        TcpClient client = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "a client is connected");
        return client;
    }
}

public sealed class StopTests_Portable : StopTests<PortableUnderTest>;

public sealed class StopTests_Epoll : StopTests<EpollUnderTest>;
