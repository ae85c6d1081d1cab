using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Sockets;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>Connects that go on trying. The clock is the test's, except for blocking connects, whose delays are short.</summary>
public abstract class RetryTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly ManualClock _clock = new();
    private int _sockets;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_listener_that_appears_after_the_second_round_is_reached(bool asynchronous)
    {
        using var port = new ClosedPort();
        TcpClientOptions options = RetryingSoon();
        options.Configure = _ => ActBefore(3, port.Open);

        using TcpClient client = await ConnectTo(port.EndPoint, options, asynchronous).Within();

        client.RemoteEndPoint.Should().Be(port.EndPoint);
        client.ConnectAttempts.Should().ContainSingle("the last round had one").Which.Error.Should().BeNull();
        _sockets.Should().Be(3);
    }

    [Fact]
    public async Task The_delays_between_rounds_grow()
    {
        using var port = new ClosedPort();
        TcpClientOptions options = Retrying(static retry => retry.Jitter = 0);
        options.Configure = _ => ActBefore(4, port.Open);

        Task<TcpClient> connect = TcpClient.ConnectAsync(port.EndPoint, options);
        await _clock.RunUntilAsync(connect);

        (await connect).Dispose();
        _clock.Elapsed.Should().Be(TimeSpan.FromMilliseconds(100 + 200 + 400));
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_delays()
    {
        using var port = new ClosedPort();
        var times = new List<TimeSpan>();
        foreach (int seed in new[] { 17, 17, 18 })
        {
            TimeSpan start = _clock.Elapsed;
            TcpClientOptions options = Retrying(retry => (retry.Random, retry.MaxAttempts) = (new Random(seed), 8));
            await _clock.RunUntilAsync(Expect.Failure(TcpClient.ConnectAsync(port.EndPoint, options)));
            times.Add(_clock.Elapsed - start);
        }

        times[1].Should().Be(times[0]);
        times[2].Should().NotBe(times[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_round_looks_the_name_up_anew(bool asynchronous)
    {
        using TcpServer server = Listen();
        int lookUps = 0;
        TcpClientOptions options = RetryingSoon();
        options.Names = new NameLookups(
            (host, _) =>
            {
                host.Should().Be("db.test");
                return ++lookUps switch
                {
                    1 => throw new SocketException((int)SocketError.HostNotFound),
                    2 => [],
                    _ => [server.LocalEndPoint.Address],
                };
            },
            1);

        using TcpClient client = asynchronous
            ? await TcpClient.ConnectAsync("db.test", server.Port, options).Within()
            : await Limits.OnThread(() => TcpClient.Connect("db.test", server.Port, options)).Within();

        lookUps.Should().Be(3);
        client.RemoteEndPoint.Should().Be(server.LocalEndPoint);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MaxAttempts_ends_it_with_the_error_of_the_last_round(bool asynchronous)
    {
        using var port = new ClosedPort();
        TcpClientOptions options = RetryingSoon();
        options.Retry!.MaxAttempts = 3;
        options.Configure = _ => _sockets++;

        SocketConnectException failure = (await Expect.Failure(ConnectTo(port.EndPoint, options, asynchronous)))
            .Should().BeOfType<SocketConnectException>().Subject;

        _sockets.Should().Be(3);
        failure.Message.Should().Be($"connect to {port.EndPoint} failed in round 3 of 3: nobody listens there (ConnectionRefused).");
        failure.Attempts.Should().ContainSingle("only the last round's attempts are kept");
    }

    [Fact]
    public async Task TryConnect_returns_the_last_round_with_its_host_and_attempts()
    {
        using var port = new ClosedPort();
        int lookUps = 0;
        TcpClientOptions options = RetryingSoon();
        options.Retry!.MaxAttempts = 2;
        options.Names = new NameLookups((_, _) => ++lookUps % 2 == 1 ? [] : [IPAddress.Loopback], 1);
        string message = $"connect to db.test:{port.EndPoint.Port} failed in round 2 of 2: nobody listens there (ConnectionRefused). "
            + $"Tried {port.EndPoint}.";

        foreach (ConnectResult result in new[]
        {
            TcpClient.TryConnect("db.test", port.EndPoint.Port, options),
            await TcpClient.TryConnectAsync("db.test", port.EndPoint.Port, options).Within(),
        })
        {
            result.Error!.Message.Should().Be(message);
            result.Attempts.Should().ContainSingle().Which.EndPoint.Should().Be(port.EndPoint);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_round_has_the_whole_time_out(bool asynchronous)
    {
        using var hole = new BlackHole();
        TcpClientOptions options = RetryingSoon();
        options.Retry!.MaxAttempts = 2;
        options.ConnectTimeout = Moment;
        options.Configure = _ => _sockets++;

        Exception? failure = await Expect.Failure(ConnectTo(hole.EndPoint, options, asynchronous));

        _sockets.Should().Be(2);
        failure!.IsTimeout().Should().BeTrue();
        failure!.Message.Should().Be($"connect to {hole.EndPoint} timed out in round 2 of 2 after 100 ms.");
    }

    [Fact]
    public async Task A_token_ends_the_wait_between_two_rounds_at_once()
    {
        using var port = new ClosedPort();
        using var source = new CancellationTokenSource();
        Task<TcpClient> connect = TcpClient.ConnectAsync(port.EndPoint, Retrying(), source.Token);
        await _clock.WaitedForAsync();

        await source.CancelAsync();

        await Expect.Canceled(connect, source.Token);
        (await Expect.Failure(connect))!.Message.Should().Be($"connect to {port.EndPoint} was cancelled before round 2.");
        _clock.Elapsed.Should().Be(TimeSpan.Zero, "nobody moved the clock");
    }

    [Fact]
    public async Task A_token_ends_a_round()
    {
        using var hole = new BlackHole();
        using var source = new CancellationTokenSource();
        Socket? seen = null;
        TcpClientOptions options = Retrying();
        options.Configure = socket => seen = socket;
        Task<TcpClient> connect = TcpClient.ConnectAsync(hole.EndPoint, options, source.Token);
        connect.IsCompleted.Should().BeFalse();

        await source.CancelAsync();

        await Expect.Canceled(connect, source.Token);
        await Until(() => seen!.SafeHandle.IsClosed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_Configure_throws_ends_it_in_any_round(bool asynchronous)
    {
        using var port = new ClosedPort();
        var mine = new NotSupportedException("mine");
        TcpClientOptions options = RetryingSoon();
        options.Configure = _ => ActBefore(2, () => throw mine);

        (await Expect.Failure(ConnectTo(port.EndPoint, options, asynchronous))).Should().BeSameAs(mine);
        _sockets.Should().Be(2);
    }

    [Fact]
    public async Task Rounds_that_fail_are_a_warning_per_interval_with_target_and_round()
    {
        using var port = new ClosedPort();
        using var log = new LogRecorder();
        TcpClientOptions options = Retrying(static retry => (retry.Jitter, retry.MaxAttempts) = (0, 8));
        options.LoggerFactory = log;

        await _clock.RunUntilAsync(Expect.Failure(TcpClient.ConnectAsync(port.EndPoint, options)));

        // The rounds begin after 0, 0.1, 0.3, 0.7, 1.5, 3.1, 6.3 and 12.7 s; a line comes at most every 5 s, and none after the last round.
        log.Complaints.Select(static line => (line.Level, line.Id.Id, line.Text)).Should().Equal(
            (LogLevel.Warning, EventIds.ConnectRetried, Line(1, "00:00:00.1000000")),
            (LogLevel.Warning, EventIds.ConnectRetried, Line(7, "00:00:06.4000000")));
        log.Lines.Count(static line => line.Id.Id == EventIds.ConnectFailed).Should().Be(8);

        string Line(int round, string delay) =>
            $"Connect to {port.EndPoint} failed with ConnectionRefused in round {round}; the next round begins in {delay}.";
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connect_that_succeeds_after_failures_is_logged_with_its_round(bool asynchronous)
    {
        using var port = new ClosedPort();
        using var log = new LogRecorder();
        TcpClientOptions options = RetryingSoon();
        options.LoggerFactory = log;
        options.Configure = _ => ActBefore(3, port.Open);

        using TcpClient client = await ConnectTo(port.EndPoint, options, asynchronous).Within();

        log.Lines.Where(static line => line.Level == LogLevel.Information).Select(static line => (line.Id.Id, line.Text)).Should().Equal(
            (EventIds.ConnectedAfterRetries, $"Connected to {port.EndPoint} in round 3."));
    }

    [Fact]
    public async Task A_blocking_connect_does_not_use_the_thread_pool()
    {
        using var port = new ClosedPort();
        TcpClientOptions options = RetryingSoon();
        var threads = new HashSet<int>();
        options.Configure = _ =>
        {
            threads.Add(Environment.CurrentManagedThreadId);
            ActBefore(3, port.Open);
        };

        int caller = await Limits.OnThread(() =>
        {
            TcpClient.Connect(port.EndPoint, options).Dispose();
            return Environment.CurrentManagedThreadId;
        }).Within();

        threads.Should().Equal(caller);
    }

    private static Task<TcpClient> ConnectTo(IPEndPoint remote, TcpClientOptions options, bool asynchronous) =>
        asynchronous ? TcpClient.ConnectAsync(remote, options) : Limits.OnThread(() => TcpClient.Connect(remote, options));

    /// <summary>On the system's clock.</summary>
    private TcpClientOptions RetryingSoon()
    {
        TcpClientOptions options = ClientOptions;
        options.Retry = new RetryOptions { FirstDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(5) };
        return options;
    }

    /// <summary>On the test's clock.</summary>
    private TcpClientOptions Retrying(Action<RetryOptions>? change = null)
    {
        TcpClientOptions options = ClientOptions;
        options.Retry = new RetryOptions { Clock = _clock };
        change?.Invoke(options.Retry);
        return options;
    }

    /// <summary>Counts the sockets; acts before the one of that number connects.</summary>
    private void ActBefore(int number, Action act)
    {
        if (++_sockets == number)
        {
            act();
        }
    }
}

public sealed class RetryTests_Portable : RetryTests<PortableUnderTest>;

public sealed class RetryTests_Epoll : RetryTests<EpollUnderTest>;
