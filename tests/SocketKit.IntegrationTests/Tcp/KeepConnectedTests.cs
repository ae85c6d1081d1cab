using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>A handler that is run again and again on one connection at a time. All delays are on the test's clock.</summary>
public abstract class KeepConnectedTests<TEngine> : TcpTests<TEngine>, IDisposable
    where TEngine : EngineUnderTest, new()
{
    /// <summary>Below the ephemeral ports of Linux, Windows and macOS, so that nobody gets a port while its server is down.</summary>
    private const int FirstFixedPort = 20_000;
    private const int FixedPorts = 10_000;

    private readonly ManualClock _clock = new();
    private readonly LogRecorder _log = new();
    private readonly ConcurrentQueue<(TcpClient Client, Exception Exception, CloseReason Reason)> _told = new();
    private readonly CancellationTokenSource _stop = new();

    [Fact]
    public async Task A_server_that_restarts_gets_a_new_connection()
    {
        var lines = Channel.CreateUnbounded<string>();
        TcpServer server = ListenOnFixedPort();
        IPEndPoint remote = server.LocalEndPoint;
        Task keeping = TcpClient.KeepConnectedAsync("127.0.0.1", remote.Port, ReadLines(lines.Writer), Options(), _stop.Token);
        for (int run = 1; run <= 3; run++)
        {
            using TcpConnection accepted = await server.AcceptAsync().Within();
            await accepted.SendAsync($"run {run}").Within();
            (await lines.Reader.ReadAsync().AsTask().Within()).Should().Be($"run {run}");
            server.Dispose();
            accepted.Dispose();

            // At least one connect is refused.
            await _clock.AdvanceToNextAsync();
            await _clock.WaitedForAsync();
            server = TcpServer.Listen(remote, ServerOptions);
            await _clock.AdvanceToNextAsync();
        }

        await _stop.CancelAsync();

        await keeping.Within();
        server.Dispose();
        _told.Should().BeEmpty("a server that ends a connection is no failure of the handler");
        _log.Lines.Count(static line => line.Id.Id == EventIds.ConnectionLost).Should().Be(3);
    }

    [Fact]
    public async Task A_handler_that_throws_is_told_once_and_run_again()
    {
        using TcpServer server = Listen();
        var thrown = new InvalidOperationException("by a handler");
        int runs = 0;
        Task keeping = Keep(server, (_, _) => ++runs == 1 ? throw thrown : _stop.CancelAsync());

        using TcpConnection first = await server.AcceptAsync().Within();
        await Expect.Disconnected(first.ReceiveAsync(new byte[1]).AsTask());
        await _clock.AdvanceToNextAsync();

        await keeping.Within();
        runs.Should().Be(2);
        (TcpClient client, Exception exception, CloseReason reason) = _told.Should().ContainSingle().Subject;
        exception.Should().BeSameAs(thrown);
        reason.Should().Be(CloseReason.LocalAbort, "it is told after the abort");
        client.RemoteEndPoint.Should().Be(server.LocalEndPoint);
        _log.Complaints.Should().ContainSingle().Which.Should().Match<(LogLevel Level, EventId Id, string Text, Exception? Exception)>(
            line => line.Id.Id == EventIds.HandlerFailed && line.Exception == thrown);
    }

    [Theory]
    [InlineData("a reset")]
    [InlineData("a time-out")]
    [InlineData("a malformed message")]
    public async Task What_the_connection_or_the_peer_does_is_not_told(string fault)
    {
        using TcpServer server = Listen();
        TcpClientOptions options = Options();
        options.IsPeerFault = static exception => exception is InvalidDataException;
        int runs = 0;
        var running = new TaskCompletionSource();
        Task keeping = TcpClient.KeepConnectedAsync(
            server.LocalEndPoint,
            async (client, token) =>
            {
                running.TrySetResult();
                client.ReceiveTimeout = fault == "a time-out" ? TimeSpan.FromMilliseconds(1) : Timeout.InfiniteTimeSpan;
                await (++runs == 2 ? _stop.CancelAsync() : client.ReceiveAsync(new byte[1], CancellationToken.None).AsTask());
                throw new InvalidDataException();
            },
            options,
            _stop.Token);

        using TcpConnection accepted = await server.AcceptAsync().Within();

        // A reset that comes before would fail the connect.
        await running.Task.Within();
        if (fault == "a malformed message")
        {
            accepted.Send("?"u8);
        }
        else if (fault == "a reset")
        {
            accepted.Abort();
        }

        await _clock.AdvanceToNextAsync();
        await keeping.Within();
        runs.Should().Be(2);
        _told.Should().BeEmpty();
        _log.Complaints.Should().BeEmpty();
    }

    [Theory]
    [InlineData("what is no message", true)]
    [InlineData("what is no message, seen by a send", true)]
    [InlineData("what is no message, but IsPeerFault", false)]
    [InlineData("half a message", false)]
    [InlineData("half a message, seen by a send", false)]
    public async Task A_server_that_sends_no_messages_is_told_and_one_that_ends_inside_a_message_is_not(string what, bool isTold)
    {
        using TcpServer server = Listen();
        TcpClientOptions options = Options();
        options.IsPeerFault = exception => what.EndsWith("IsPeerFault", StringComparison.Ordinal) && exception is FrameException;
        int runs = 0;
        Task keeping = TcpClient.KeepConnectedAsync(
            server.LocalEndPoint,
            async (client, token) =>
            {
                if (++runs == 2)
                {
                    await _stop.CancelAsync();
                    return;
                }

                MessageChannel messages = client.GetMessages(MessageFraming.LengthPrefix());
                if (what.EndsWith("send", StringComparison.Ordinal))
                {
                    await Record.ExceptionAsync(() => messages.ReceiveAsync(token).AsTask());
                    await messages.SendAsync("late", token);
                }

                await messages.ReceiveAsync(token);
            },
            options,
            _stop.Token);

        using TcpConnection accepted = await server.AcceptAsync().Within();
        byte[] bytes = what.StartsWith("half", StringComparison.Ordinal) ? [0, 0, 0, 9, 1] : "HTTP/1.1 400"u8.ToArray();
        await accepted.SendAsync(bytes).AsTask().Within();
        accepted.ShutdownSend();

        await _clock.AdvanceToNextAsync();
        await keeping.Within();
        runs.Should().Be(2);
        _told.Select(static told => told.Exception.Message.Contains("these are the bytes \"HTTP\"", StringComparison.Ordinal))
            .Should().Equal(isTold ? [true] : []);
        _log.Complaints.Select(static line => line.Id.Id).Should().Equal(isTold ? [EventIds.HandlerFailed] : []);
    }

    [Fact]
    public async Task A_short_run_does_not_reset_the_delay_and_a_long_one_does()
    {
        using TcpServer server = Listen();
        var starts = Channel.CreateUnbounded<TimeSpan>();
        using var gate = new SemaphoreSlim(0);
        TcpClientOptions options = Options();
        options.Retry!.Jitter = 0;
        Task keeping = TcpClient.KeepConnectedAsync(
            server.LocalEndPoint,
            async (_, token) =>
            {
                starts.Writer.TryWrite(_clock.Elapsed);
                await gate.WaitAsync(token);
            },
            options,
            _stop.Token);

        var seen = new List<double>();
        foreach (double run in new[] { 0, 9.9, 10, 0, 0 })
        {
            seen.Add((await starts.Reader.ReadAsync().AsTask().Within()).TotalSeconds);
            _clock.Advance(TimeSpan.FromSeconds(run));
            gate.Release();
            await _clock.AdvanceToNextAsync();
        }

        await starts.Reader.ReadAsync().AsTask().Within();
        await _stop.CancelAsync();
        await keeping.Within();

        // A run of 0 s and a delay of 0.1 s; 9.9 and 0.2; 10 s reset the delay to 0.1; 0 and 0.2; 0 and 0.4.
        seen.Should().Equal([0, 0.1, 10.2, 20.3, 20.5]);
    }

    [Fact]
    public async Task A_handler_that_ends_early_is_run_again_on_another_connection()
    {
        using TcpServer server = Listen();
        int open = 0;
        int runs = 0;
        Task keeping = Keep(server, (client, _) =>
        {
            client.Closed.Register(() => Interlocked.Decrement(ref open));
            Interlocked.Increment(ref open).Should().Be(1, "there is one connection at a time");
            runs++;
            return Task.CompletedTask;
        });

        for (int i = 0; i < 3; i++)
        {
            using TcpConnection accepted = await server.AcceptAsync().Within();
            (await accepted.ReceiveAsync(new byte[1]).Within()).Should().Be(0, "a handler that returns closes gracefully");
            await Until(() => Volatile.Read(ref open) == 0);
            await _clock.AdvanceToNextAsync();
        }

        await _stop.CancelAsync();
        await keeping.Within();
        runs.Should().BeInRange(3, 4);
        _told.Should().BeEmpty();
    }

    [Fact]
    public async Task StopWhenHandled_ends_it_when_the_handler_returns_on_a_healthy_connection()
    {
        using TcpServer server = Listen();
        TcpClientOptions options = Options();
        options.StopWhenHandled = true;
        foreach (Func<TcpClient, Task> end in new Func<TcpClient, Task>[]
        {
            static _ => Task.CompletedTask,
            static client => client.DisposeAsync().AsTask(),
        })
        {
            Task keeping = TcpClient.KeepConnectedAsync(server.LocalEndPoint, (client, _) => end(client), options);
            using TcpConnection accepted = await server.AcceptAsync().Within();

            (await accepted.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
            await keeping.Within();
        }

        server.TryAccept(out _).Should().BeFalse();
    }

    [Fact]
    public async Task Bytes_that_the_handler_has_flushed_are_sent_before_its_connection_is_closed()
    {
        const int Bytes = 60_000;
        using TcpServer server = Listen();
        TcpClientOptions options = Options();
        options.StopWhenHandled = true;
        options.SendBufferSize = 4 * 1024;
        Task keeping = TcpClient.KeepConnectedAsync(
            server.LocalEndPoint,
            static async (client, token) =>
            {
                IDuplexPipe pipe = client.GetPipe(flushMode: FlushMode.EndOfTurn);
                pipe.Output.Write(Payload.Of(Bytes));
                await pipe.Output.FlushAsync(token);
            },
            options);
        using TcpConnection accepted = await server.AcceptAsync().Within();
        byte[] received = new byte[Bytes];

        await accepted.ReceiveExactlyAsync(received).Within();

        received.Should().Equal(Payload.Of(Bytes));
        (await accepted.ReceiveAsync(received).Within()).Should().Be(0, "it was closed with FIN");
        await keeping.Within();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Messages_that_the_handler_has_queued_are_sent_before_its_connection_is_closed(bool byToken)
    {
        using TcpServer server = Listen();
        TcpClientOptions options = Options();
        options.StopWhenHandled = true;
        options.SendBufferSize = 4 * 1024;
        Task keeping = TcpClient.KeepConnectedAsync(
            server.LocalEndPoint,
            async (client, token) =>
            {
                MessageChannel messages = client.GetMessages(MessageFraming.LengthPrefix());
                for (int i = 0; i < 100; i++)
                {
                    messages.TrySend(new byte[10_000]).Should().BeTrue();
                }

                if (byToken)
                {
                    await Task.Delay(Timeout.Infinite, token);
                }
            },
            options,
            _stop.Token);
        using TcpConnection accepted = await server.AcceptAsync().Within();
        byte[] first = new byte[1];
        await accepted.ReceiveExactlyAsync(first).Within();
        if (byToken)
        {
            await _stop.CancelAsync();
        }

        await accepted.ReceiveExactlyAsync(new byte[(100 * 10_004) - 1]).Within();
        (await accepted.ReceiveAsync(first).Within()).Should().Be(0, "it was closed with FIN");
        await keeping.Within();
        _told.Should().BeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StopWhenHandled_does_not_end_it_when_the_peer_has_ended_the_connection_or_the_handler_threw(bool throws)
    {
        using TcpServer server = Listen();
        TcpClientOptions options = Options();
        options.StopWhenHandled = true;
        int runs = 0;
        Task keeping = TcpClient.KeepConnectedAsync(
            server.LocalEndPoint,
            async (client, token) =>
            {
                runs++;
                int received = await client.ReceiveAsync(new byte[1], token);
                _ = throws && received == 1 && runs == 1 ? throw new InvalidOperationException("by a handler") : 0;
            },
            options);

        using (TcpConnection first = await server.AcceptAsync().Within())
        {
            if (throws)
            {
                first.Send("x"u8);
            }

            first.ShutdownSend();
            await _clock.AdvanceToNextAsync();
        }

        using TcpConnection second = await server.AcceptAsync().Within();
        second.Send("x"u8);
        await keeping.Within();
        runs.Should().Be(2);
    }

    [Fact]
    public async Task MaxAttempts_rounds_in_a_row_end_it_with_the_error_of_the_last_one()
    {
        using var port = new ClosedPort();
        TcpClientOptions options = Options();
        options.Retry!.MaxAttempts = 2;

        Task keeping = TcpClient.KeepConnectedAsync("127.0.0.1", port.EndPoint.Port, static (_, _) => Task.CompletedTask, options);
        await _clock.AdvanceToNextAsync();

        (await Expect.Failure(keeping)).Should().BeOfType<SocketConnectException>()
            .Which.Message.Should().Be($"connect to {port.EndPoint} failed in round 2 of 2: nobody listens there (ConnectionRefused).");
    }

    [Fact]
    public async Task The_handler_runs_neither_on_the_callers_thread_nor_without_its_context()
    {
        using TcpServer server = Listen();
        TcpClientOptions options = Options();
        options.StopWhenHandled = true;
        var context = new AsyncLocal<string> { Value = "the caller's" };
        using var returned = new ManualResetEventSlim();
        string? seen = null;
        Task? keeping = null;
        await Limits.OnThread(() =>
        {
            keeping = TcpClient.KeepConnectedAsync(
                server.LocalEndPoint,
                (_, token) =>
                {
                    // On the caller's thread this would wait for itself.
                    returned.Wait(Limits.Hang, token).Should().BeTrue();
                    seen = context.Value;
                    return Task.CompletedTask;
                },
                options);
            returned.Set();
        }).Within();

        await keeping!.Within();
        seen.Should().Be("the caller's");
    }

    [Fact]
    public void Arguments_are_refused_at_once()
    {
        Func<TcpClient, CancellationToken, Task> handler = static (_, _) => Task.CompletedTask;

        Refused(() => TcpClient.KeepConnectedAsync("localhost:80", 80, handler)).ParamName.Should().Be("host");
        Refused(() => TcpClient.KeepConnectedAsync("localhost", 0, handler)).ParamName.Should().Be("port");
        Refused(() => TcpClient.KeepConnectedAsync("localhost", 80, null!)).ParamName.Should().Be("handler");
        Refused(() => TcpClient.KeepConnectedAsync((IPEndPoint)null!, handler)).ParamName.Should().Be("remote");

        static ArgumentException Refused(Func<Task> call) =>
            Record.Exception(() => { _ = call(); }).Should().BeAssignableTo<ArgumentException>().Subject;
    }

    public void Dispose()
    {
        _stop.Dispose();
        _log.Dispose();
        GC.SuppressFinalize(this);
    }

    private static Func<TcpClient, CancellationToken, Task> ReadLines(ChannelWriter<string> lines) => async (client, token) =>
    {
        byte[] buffer = new byte[100];
        int received;
        while ((received = await client.ReceiveAsync(buffer, token)) > 0)
        {
            await lines.WriteAsync(System.Text.Encoding.ASCII.GetString(buffer, 0, received), token);
        }
    };

    private Task Keep(TcpServer server, Func<TcpClient, CancellationToken, Task> handler) =>
        TcpClient.KeepConnectedAsync(server.LocalEndPoint, handler, Options(), _stop.Token);

    private TcpClientOptions Options()
    {
        TcpClientOptions options = ClientOptions;
        options.LoggerFactory = _log;
        options.Retry = new RetryOptions { Clock = _clock };
        options.HandlerFailed = (client, exception) => _told.Enqueue((client, exception, client.CloseReason));
        return options;
    }

    private TcpServer ListenOnFixedPort()
    {
        while (true)
        {
            var local = new IPEndPoint(IPAddress.Loopback, FirstFixedPort + Random.Shared.Next(FixedPorts));
            try
            {
                return TcpServer.Listen(local, ServerOptions);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another program has this one.
            }
        }
    }
}

public sealed class KeepConnectedTests_Portable : KeepConnectedTests<PortableUnderTest>;

public sealed class KeepConnectedTests_Epoll : KeepConnectedTests<EpollUnderTest>;
