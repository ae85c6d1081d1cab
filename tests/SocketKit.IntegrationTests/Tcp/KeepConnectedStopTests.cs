using SocketKit.IntegrationTests.Kit;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>The token of KeepConnectedAsync ends it without an exception, whatever it is doing.</summary>
public abstract class KeepConnectedStopTests<TEngine> : TcpTests<TEngine>, IDisposable
    where TEngine : EngineUnderTest, new()
{
    private readonly ManualClock _clock = new();
    private readonly LogRecorder _log = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<TcpClient> _running = new();

    [Fact]
    public async Task A_token_that_has_fired_before_means_that_nothing_is_tried()
    {
        using TcpServer server = Listen();
        await _stop.CancelAsync();

        await Keep(server, static (_, _) => throw new InvalidOperationException("must not run")).Within();

        server.TryAccept(out _).Should().BeFalse();
    }

    [Fact]
    public async Task A_connect_that_nobody_answers_ends()
    {
        using var hole = new BlackHole();
        Task keeping = TcpClient.KeepConnectedAsync(hole.EndPoint, static (_, _) => Task.CompletedTask, Options, _stop.Token);
        keeping.IsCompleted.Should().BeFalse();

        await _stop.CancelAsync();

        await keeping.Within();
    }

    [Fact]
    public async Task A_wait_after_a_failed_round_ends()
    {
        using var port = new ClosedPort();
        Task keeping = TcpClient.KeepConnectedAsync(port.EndPoint, static (_, _) => Task.CompletedTask, Options, _stop.Token);
        await _clock.WaitedForAsync();

        await _stop.CancelAsync();

        await keeping.Within();
    }

    [Fact]
    public async Task A_wait_after_a_run_ends()
    {
        using TcpServer server = Listen();
        Task keeping = Keep(server, static (_, _) => Task.CompletedTask);
        await _clock.WaitedForAsync();

        await _stop.CancelAsync();

        await keeping.Within();
    }

    [Fact]
    public async Task A_handler_that_follows_its_token_ends_and_its_connection_is_closed_gracefully()
    {
        using TcpServer server = Listen();
        Task keeping = Keep(server, async (client, token) =>
        {
            _running.SetResult(client);
            await client.ReceiveAsync(new byte[1], token);
        });
        using TcpConnection accepted = await server.AcceptAsync().Within();
        await _running.Task.Within();

        await _stop.CancelAsync();

        await keeping.Within();
        (await accepted.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        _log.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task A_handler_may_finish_within_the_drain_time()
    {
        using TcpServer server = Listen();
        Task keeping = Keep(server, async (client, _) =>
        {
            _running.SetResult(client);
            await client.ReceiveAsync(new byte[1], CancellationToken.None);
            await client.SendAsync("bye", CancellationToken.None);
        });
        using TcpConnection accepted = await server.AcceptAsync().Within();
        await _running.Task.Within();

        await _stop.CancelAsync();
        await _clock.WaitedForAsync();
        keeping.IsCompleted.Should().BeFalse();
        accepted.Send("x"u8);

        await keeping.Within();
        await accepted.ReceiveExactlyAsync(new byte[3]).Within();
        (await accepted.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_that_ignores_its_token_loses_its_connection_after_the_drain_time(bool blocks)
    {
        using TcpServer server = Listen();
        Task keeping = Keep(server, async (client, ignored) =>
        {
            _running.SetResult(client);
            _ = blocks ? client.Receive(new byte[1]) : await client.ReceiveAsync(new byte[1], CancellationToken.None);
        });
        using TcpConnection accepted = await server.AcceptAsync().Within();
        TcpClient running = await _running.Task.Within();

        await _stop.CancelAsync();
        await _clock.AdvanceToNextAsync();

        await keeping.Within();
        _clock.Elapsed.Should().Be(TimeSpan.FromSeconds(5));
        running.CloseReason.Should().Be(CloseReason.LocalAbort);
        await Expect.Disconnected(accepted.ReceiveAsync(new byte[1]).AsTask());
        _log.Complaints.Should().BeEmpty("what the abort makes it throw is no failure");
    }

    [Fact]
    public async Task A_handler_that_never_returns_is_no_longer_waited_for()
    {
        using TcpServer server = Listen();
        var late = new TaskCompletionSource();
        TcpClientOptions options = Options;
        options.DrainTimeout = TimeSpan.FromSeconds(1);
        Task keeping = TcpClient.KeepConnectedAsync(
            server.LocalEndPoint,
            async (client, _) =>
            {
                _running.SetResult(client);
                await late.Task;
            },
            options,
            _stop.Token);
        await _running.Task.Within();

        await _stop.CancelAsync();
        await _clock.AdvanceToNextAsync();
        await _clock.AdvanceToNextAsync();

        await keeping.Within();
        _clock.Elapsed.Should().Be(TimeSpan.FromMilliseconds(1450));
        late.SetException(new InvalidOperationException("late"));
        await Until(() => _log.Complaints.Any(static line => line.Exception?.Message == "late"));
    }

    public void Dispose()
    {
        _stop.Dispose();
        _log.Dispose();
        GC.SuppressFinalize(this);
    }

    private TcpClientOptions Options
    {
        get
        {
            TcpClientOptions options = ClientOptions;
            options.LoggerFactory = _log;
            options.Retry = new RetryOptions { Clock = _clock };
            return options;
        }
    }

    private Task Keep(TcpServer server, Func<TcpClient, CancellationToken, Task> handler) =>
        TcpClient.KeepConnectedAsync(server.LocalEndPoint, handler, Options, _stop.Token);
}

public sealed class KeepConnectedStopTests_Portable : KeepConnectedStopTests<PortableUnderTest>;

public sealed class KeepConnectedStopTests_Epoll : KeepConnectedStopTests<EpollUnderTest>;
