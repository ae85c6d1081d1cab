using SocketKit.Engine;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>Which token fires when, and which receives it ends. Time stands still but for the moves of each test.</summary>
public abstract class StoppingTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task StopAsync_fires_Stopping_at_once_and_the_handlers_token_after_the_drain()
    {
        using TcpServer server = ListenOnClock();
        (Task serving, TcpConnection served, CancellationToken token, TcpClient client) = await ServeOneAsync(server);
        using (client)
        {
            Task stopping = server.StopAsync();

            (served.Stopping.IsCancellationRequested, token.IsCancellationRequested).Should().Be((true, false));
            await _clock.AdvanceToNextAsync();
            await Eventually.BeTrueAsync(() => token.IsCancellationRequested, "the drain is over");
            _clock.Elapsed.Should().Be(ServerOptions.DrainTimeout);
            await stopping.Within();
            await serving.Within();
        }
    }

    [Fact]
    public async Task The_token_of_ServeAsync_fires_both_at_once()
    {
        using TcpServer server = ListenOnClock();
        using var source = new CancellationTokenSource();
        (Task serving, TcpConnection served, CancellationToken token, TcpClient client) = await ServeOneAsync(server, source.Token);
        using (client)
        {
            await source.CancelAsync();

            await serving.Within();
            (served.Stopping.IsCancellationRequested, token.IsCancellationRequested).Should().Be((true, true));
            _clock.Elapsed.Should().Be(TimeSpan.Zero);
        }
    }

    [Fact]
    public async Task Dispose_fires_both_at_once()
    {
        TcpServer server = ListenOnClock();
        (Task serving, TcpConnection served, CancellationToken token, TcpClient client) = await ServeOneAsync(server);
        using (client)
        {
            server.Dispose();

            (served.Stopping.IsCancellationRequested, token.IsCancellationRequested).Should().Be((true, true));
            served.CloseReason.Should().BeOneOf(CloseReason.ServerStopped, CloseReason.LocalDispose);
            await serving.Within();
        }
    }

    [Theory]
    [InlineData("fired before")]
    [InlineData("fires in the drain")]
    [InlineData("fires in the drain of another stop")]
    public async Task The_token_of_StopAsync_ends_the_drain_and_the_task_ends_without_an_exception(string when)
    {
        using TcpServer server = ListenOnClock();
        (Task serving, TcpConnection _, CancellationToken token, TcpClient client) = await ServeOneAsync(server);
        using (client)
        using (var source = new CancellationTokenSource())
        {
            if (when == "fired before")
            {
                await source.CancelAsync();
            }

            Task other = when == "fires in the drain of another stop" ? server.StopAsync(Timeout.InfiniteTimeSpan) : Task.CompletedTask;
            Task stopping = server.StopAsync(Timeout.InfiniteTimeSpan, source.Token);
            if (when != "fired before")
            {
                token.IsCancellationRequested.Should().BeFalse();
                await source.CancelAsync();
            }

            await stopping.Within();
            await other.Within();
            await serving.Within();
            token.IsCancellationRequested.Should().BeTrue();
            _clock.Elapsed.Should().Be(TimeSpan.Zero);
        }
    }

    [Fact]
    public async Task The_token_of_StopAsync_ends_it_within_a_second_although_handlers_never_return()
    {
        using TcpServer server = ListenOnClock();
        var never = new TaskCompletionSource();
        Task serving = server.ServeAsync((_, _) => never.Task);
        using TcpClient client = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "a client is connected");
        using var source = new CancellationTokenSource();
        Task stopping = server.StopAsync(source.Token);

        await source.CancelAsync();
        await _clock.RunUntilAsync(stopping);

        await stopping;
        await _clock.RunUntilAsync(serving);
        await serving;
        never.SetResult();
    }

    [Fact]
    public async Task Clients_and_accepted_connections_have_no_token()
    {
        using TcpServer server = ListenOnClock();
        using TcpClient client = Connect(server);
        using TcpConnection accepted = server.Accept();
        (TcpConnection first, TcpConnection second) = TcpConnection.CreatePair();
        using (first)
        using (second)
        {
            new[] { client.Stopping, accepted.Stopping, first.Stopping }
                .Should().OnlyContain(static token => token == CancellationToken.None);
        }

        await server.StopAsync().Within();
        accepted.Stopping.CanBeCanceled.Should().BeFalse();
    }

    [Fact]
    public async Task All_connections_of_a_server_have_the_same_token_and_follow_it_without_a_registration()
    {
        using TcpServer server = ListenOnClock();
        Task serving = server.ServeAsync(static (connection, token) => connection.ReceiveAsync(new byte[1], token).AsTask());
        using TcpClient first = Connect(server);
        using TcpClient second = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 2, "two clients are connected");

        TcpConnection[] served = [.. server.Connections];

        served[0].Stopping.Should().Be(served[1].Stopping).And.NotBe(CancellationToken.None);
        served.Should().OnlyContain(static connection => connection.Channel.SignalOf(connection.Stopping) == ServiceSignal.Stopping);
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    [Theory]
    [MemberData(nameof(StoppingRows.Calls), MemberType = typeof(StoppingRows))]
    public async Task A_call_that_is_given_Stopping_ends_when_the_stop_begins(string call)
    {
        using TcpServer server = ListenOnClock();
        var ended = new TaskCompletionSource<(Exception? Exception, CancellationToken Stopping)>();
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            Exception? exception = await Record.ExceptionAsync(() => CallAsync(connection, call, connection.Stopping));
            ended.SetResult((exception, connection.Stopping));
            await connection.SendAsync("bye"u8.ToArray(), token);
        });
        using TcpClient client = Connect(server);
        await BeReceivingAsync(server, call);

        Task stopping = server.StopAsync();

        (Exception? exception, CancellationToken stop) = await ended.Task.Within();
        exception.Should().BeAssignableTo<OperationCanceledException>().Which.CancellationToken.Should().Be(stop);
        await client.ReceiveExactlyAsync(new byte[3]).Within();
        await stopping.Within();
        await serving.Within();
        _clock.Elapsed.Should().Be(TimeSpan.Zero);
    }

    [Theory]
    [MemberData(nameof(StoppingRows.Calls), MemberType = typeof(StoppingRows))]
    public async Task A_call_that_is_given_the_handlers_token_goes_on_until_the_drain_is_over(string call)
    {
        using TcpServer server = ListenOnClock();
        var ended = new TaskCompletionSource<Exception?>();
        Task serving = server.ServeAsync(async (connection, token) =>
            ended.SetResult(await Record.ExceptionAsync(() => CallAsync(connection, call, token))));
        using TcpClient client = Connect(server);
        await BeReceivingAsync(server, call);

        Task stopping = server.StopAsync();
        server.Connections.Single().Stopping.IsCancellationRequested.Should().BeTrue();
        ended.Task.IsCompleted.Should().BeFalse();
        await _clock.AdvanceToNextAsync();

        (await ended.Task.Within()).Should().BeAssignableTo<OperationCanceledException>();
        await stopping.Within();
        await serving.Within();
    }

    [Theory]
    [MemberData(nameof(StoppingRows.Calls), MemberType = typeof(StoppingRows))]
    public async Task A_call_that_is_given_the_handlers_token_serves_on_within_the_drain(string call)
    {
        using TcpServer server = ListenOnClock();
        var ended = new TaskCompletionSource<Exception?>();
        Task serving = server.ServeAsync(async (connection, token) =>
            ended.SetResult(await Record.ExceptionAsync(() => CallAsync(connection, call, token))));
        using TcpClient client = Connect(server);
        await BeReceivingAsync(server, call);
        Task stopping = server.StopAsync();
        server.Connections.Single().Stopping.IsCancellationRequested.Should().BeTrue();

        client.Send("x"u8);

        (await ended.Task.Within()).Should().BeNull();
        await stopping.Within();
        await serving.Within();
        _clock.Elapsed.Should().Be(TimeSpan.Zero);
    }

    [Theory]
    [MemberData(nameof(StoppingRows.Calls), MemberType = typeof(StoppingRows))]
    public async Task A_call_that_is_given_a_linked_token_ends_when_the_stop_begins(string call)
    {
        using TcpServer server = ListenOnClock();
        var ended = new TaskCompletionSource<(Exception? Exception, CancellationToken Linked)>();
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            using var own = new CancellationTokenSource();
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(token, connection.Stopping, own.Token);
            Exception? exception = await Record.ExceptionAsync(() => CallAsync(connection, call, linked.Token));
            ended.SetResult((exception, linked.Token));
        });
        using TcpClient client = Connect(server);
        await BeReceivingAsync(server, call);

        Task stopping = server.StopAsync();

        (Exception? exception, CancellationToken linked) = await ended.Task.Within();
        exception.Should().BeAssignableTo<OperationCanceledException>().Which.CancellationToken.Should().Be(linked);
        await stopping.Within();
        await serving.Within();
    }

    [Fact]
    public async Task A_receive_that_begins_after_Stopping_has_fired_ends_at_once()
    {
        using TcpServer server = ListenOnClock();
        var release = new TaskCompletionSource();
        var ended = new TaskCompletionSource<Exception?>();
        Task serving = server.ServeAsync(async (connection, _) =>
        {
            await release.Task;
            ended.SetResult(await Record.ExceptionAsync(() => connection.ReceiveAsync(new byte[1], connection.Stopping).AsTask()));
        });
        using TcpClient client = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "a client is connected");

        Task stopping = server.StopAsync();
        release.SetResult();

        (await ended.Task.Within()).Should().BeAssignableTo<OperationCanceledException>();
        await stopping.Within();
        await serving.Within();
    }

    [Fact]
    public async Task A_handler_that_lets_the_cancellation_by_Stopping_out_closes_gracefully()
    {
        var log = new LogRecorder();
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = log;
        using TcpServer server = ListenOnClock(options);
        Task serving = server.ServeAsync(static (connection, _) => connection.ReceiveAsync(new byte[1], connection.Stopping).AsTask());
        using TcpClient client = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "a client is connected");

        await server.StopAsync().Within();

        await serving.Within();
        (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        log.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task Many_connections_end_by_Stopping()
    {
        const int Many = 500;
        using TcpServer server = ListenOnClock();
        Task serving = server.ServeAsync(static (connection, _) => connection.ReceiveAsync(new byte[1], connection.Stopping).AsTask());
        TcpClient[] clients = [.. Enumerable.Range(0, Many).Select(_ => Connect(server))];
        await Eventually.BeAsync(() => server.ConnectionCount, Many, "all are connected");

        await server.StopAsync().Within();

        await serving.Within();
        _clock.Elapsed.Should().Be(TimeSpan.Zero, "nobody had to wait for the drain");
        foreach (TcpClient client in clients)
        {
            (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
            client.Dispose();
        }
    }

    [Fact]
    public async Task A_Unix_server_has_the_same_tokens()
    {
        using UnixServer server = ListenUnix(PathOf());
        var stopped = new TaskCompletionSource<(bool Stopping, bool Ending)>();
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            await Record.ExceptionAsync(() => connection.ReceiveAsync(new byte[1], connection.Stopping).AsTask());
            stopped.SetResult((connection.Stopping.IsCancellationRequested, token.IsCancellationRequested));
        });
        using UnixClient client = ConnectUnix(PathOf());
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "a client is connected");
        client.Stopping.Should().Be(CancellationToken.None);

        await server.StopAsync(Timeout.InfiniteTimeSpan).Within();

        (await stopped.Task.Within()).Should().Be((true, false));
        await serving.Within();
    }

    private TcpServer ListenOnClock(TcpServerOptions? options = null)
    {
        options ??= ServerOptions;
        options.Clock = _clock;

        // Nothing else than the stop waits for the clock.
        options.FirstByteTimeout = options.SendStallTimeout = Timeout.InfiniteTimeSpan;
        return Listen(options);
    }

    /// <summary>One client whose handler receives under its token, and gets that cancellation out.</summary>
    private async Task<(Task Serving, TcpConnection Served, CancellationToken Token, TcpClient Client)> ServeOneAsync(
        TcpServer server, CancellationToken cancellationToken = default)
    {
        var started = new TaskCompletionSource<(TcpConnection Served, CancellationToken Token)>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        Task serving = server.ServeAsync(
            async (connection, token) =>
            {
                started.SetResult((connection, token));
                await connection.ReceiveAsync(new byte[1], token);
            },
            cancellationToken);
        TcpClient client = Connect(server);
        (TcpConnection served, CancellationToken token) = await started.Task.Within();
        return (serving, served, token, client);
    }

    private static Task CallAsync(TcpConnection connection, string call, CancellationToken token) => call switch
    {
        "receive" => connection.ReceiveAsync(new byte[1], token).AsTask(),
        "receive exactly" => connection.ReceiveExactlyAsync(new byte[1], token).AsTask(),
        "peek" => connection.PeekAsync(new byte[1], token).AsTask(),
        "wait" => connection.WaitReadableAsync(token).AsTask(),
        _ => connection.ReceiveAsync(Memory<byte>.Empty, token).AsTask(),
    };

    /// <summary>A wait does not show from outside; whether it has begun or is about to makes no difference to its outcome.</summary>
    private static Task BeReceivingAsync(TcpServer server, string call) => Eventually.BeTrueAsync(
        () => server.Connections.SingleOrDefault() is { } served && (call == "wait" || served.Channel.IsReceiving),
        "the call is under way");
}

public sealed class StoppingTests_Portable : StoppingTests<PortableUnderTest>;

public sealed class StoppingTests_Epoll : StoppingTests<EpollUnderTest>;

/// <summary>The calls that wait for data.</summary>
public static class StoppingRows
{
    public static TheoryData<string> Calls => ["receive", "receive exactly", "peek", "wait", "empty receive"];
}
