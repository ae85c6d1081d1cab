using System.Buffers;
using System.Diagnostics;
using System.Text;
using SocketKit.Diagnostics;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Messages;

/// <summary>Messages in the handlers of a server.</summary>
public abstract class MessageServerTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly MessageFraming s_framing = MessageFraming.LengthPrefix(2);

    private readonly ManualClock _clock = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_idle_request_response_server_stops_without_waiting_for_the_drain(int token)
    {
        const int Many = 100;
        using var own = new CancellationTokenSource();
        using TcpServer server = ListenOnClock();
        Task serving = server.ServeAsync(async (connection, ending) =>
        {
            // No token, the handlers', or one of the user's own.
            CancellationToken given = token switch { 0 => default, 1 => ending, _ => own.Token };
            MessageChannel messages = connection.GetMessages(s_framing);
            while (await messages.ReceiveAsync(given) is { } request)
            {
                await messages.SendAsync(request.ToArray(), CancellationToken.None);
            }
        });
        var clients = new List<MessageChannel>();
        for (int i = 0; i < Many; i++)
        {
            MessageChannel client = Connect(server).GetMessages(s_framing);
            await client.SendAsync("ping").AsTask().Within();
            (await client.ReceiveAsync().Within())!.Value.ToArray().Should().Equal("ping"u8.ToArray());
            clients.Add(client);
        }

        await server.StopAsync(TimeSpan.FromMinutes(10)).Within();

        await serving.Within();
        _clock.Elapsed.Should().Be(TimeSpan.Zero, "nobody had to wait for the drain");
        foreach (MessageChannel client in clients)
        {
            (await client.ReceiveAsync().Within()).Should().BeNull();
            client.Dispose();
        }
    }

    [Fact]
    public async Task What_has_arrived_when_the_server_begins_to_stop_is_handed_out_and_then_the_end()
    {
        using TcpServer server = ListenOnClock();
        var received = new List<string>();
        var busy = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task serving = server.ServeAsync(async (connection, ending) =>
        {
            MessageChannel messages = connection.GetMessages(s_framing);
            while (await messages.ReceiveAsync(ending) is { } message)
            {
                received.Add(Encoding.UTF8.GetString(message));
                busy.TrySetResult();
                await release.Task;
            }
        });
        using TcpClient client = Connect(server);
        MessageChannel messages = client.GetMessages(s_framing);
        await messages.SendAsync("first").AsTask().Within();
        await busy.Task.Within();
        await messages.SendAsync("second").AsTask().Within();
        await messages.SendAsync("third").AsTask().Within();
        await Eventually.BeTrueAsync(() => server.Connections.Single().Available == 15, "both have arrived");

        Task stopping = server.StopAsync(TimeSpan.FromMinutes(10));
        release.SetResult();

        await stopping.Within();
        await serving.Within();
        received.Should().Equal("first", "second", "third");
        _clock.Elapsed.Should().Be(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_message_that_has_begun_may_end_within_the_drain()
    {
        using TcpServer server = ListenOnClock();
        var received = new TaskCompletionSource<byte[]?>();
        Task serving = server.ServeAsync(async (connection, ending) =>
        {
            MessageChannel messages = connection.GetMessages(s_framing);
            received.SetResult((await messages.ReceiveAsync(ending))?.ToArray());
            (await messages.ReceiveAsync(ending)).Should().BeNull();
        });
        using TcpClient client = Connect(server);
        await client.SendAsync(new byte[] { 0, 3, 1 }).AsTask().Within();
        await Eventually.BeTrueAsync(() => server.Connections.SingleOrDefault()?.BytesReceived == 3, "the message has begun");

        Task stopping = server.StopAsync(TimeSpan.FromMinutes(10));
        received.Task.IsCompleted.Should().BeFalse();
        await client.SendAsync(new byte[] { 2, 3 }).AsTask().Within();

        (await received.Task.Within()).Should().Equal(1, 2, 3);
        await stopping.Within();
        await serving.Within();
        _clock.Elapsed.Should().Be(TimeSpan.Zero);
    }

    [Fact]
    public async Task Without_EndWhenStopping_a_receive_waits_for_the_drain()
    {
        using TcpServer server = ListenOnClock();
        Task serving = server.ServeAsync(static async (connection, ending) =>
        {
            MessageChannel messages = connection.GetMessages(s_framing, new MessageOptions { EndWhenStopping = false });
            await messages.ReceiveAsync(ending);
        });
        using TcpClient client = Connect(server);
        await Eventually.BeTrueAsync(() => server.Connections.SingleOrDefault()?.Channel.IsReceiving == true, "it receives");

        Task stopping = server.StopAsync(TimeSpan.FromMinutes(10));
        await _clock.AdvanceToNextAsync();

        await stopping.Within();
        await serving.Within();
        _clock.Elapsed.Should().Be(TimeSpan.FromMinutes(10));
    }

    /// <summary>A token of the handler's own: the receive registers with that of the stop, too, while it may fire.</summary>
    [Fact]
    public async Task A_receive_that_begins_while_the_server_begins_to_stop_ends_whatever_its_token()
    {
        using var own = new CancellationTokenSource();
        for (int round = 0; round < 300; round++)
        {
            using TcpServer server = ListenOnClock();
            int hasBegun = 0;
            Task serving = server.ServeAsync(async (connection, _) =>
            {
                MessageChannel messages = connection.GetMessages(s_framing);
                messages.TrySend("sending it takes as long as the stop may be late"u8);
                Volatile.Write(ref hasBegun, 1);
                (await messages.ReceiveAsync(own.Token)).Should().BeNull();
            });
            Task<Task> stopping = Limits.OnThread(() =>
            {
                long start = Stopwatch.GetTimestamp();
                while (Volatile.Read(ref hasBegun) == 0 && Stopwatch.GetElapsedTime(start) < Limits.Hang)
                {
                    // Not a wait: the handler begins to receive within a microsecond.
                }

                Thread.SpinWait(round % 100 * 5);
                return server.StopAsync(TimeSpan.FromMinutes(10));
            });
            using TcpClient client = Connect(server);

            await (await stopping).Within();

            await serving.Within();
            _clock.Elapsed.Should().Be(TimeSpan.Zero, "nobody had to wait for the drain");
        }
    }

    [Fact]
    public async Task Leaving_a_handler_sends_what_is_queued_first()
    {
        const int Many = 10_000;
        TcpServerOptions options = ServerOptions;
        options.SendBufferSize = 16 * 1024;
        using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(static (connection, _) =>
        {
            MessageChannel messages = connection.GetMessages(s_framing);
            for (int i = 0; i < Many; i++)
            {
                messages.TrySend(BitConverter.GetBytes(i)).Should().BeTrue();
            }

            return Task.CompletedTask;
        });
        MessageChannel client = Connect(server).GetMessages(s_framing);

        for (int i = 0; i < Many; i++)
        {
            BitConverter.ToInt32((await client.ReceiveAsync().Within())!.Value.ToArray()).Should().Be(i);
        }

        (await client.ReceiveAsync().Within()).Should().BeNull();
        client.Dispose();
        await server.StopAsync().Within();
        await serving.Within();
    }

    [Fact]
    public async Task A_handler_that_throws_resets_although_messages_are_queued()
    {
        using var log = new LogRecorder();
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = log;
        options.SendBufferSize = 4 * 1024;
        using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(static async (connection, _) =>
        {
            MessageChannel messages = connection.GetMessages(s_framing);
            await messages.ReceiveAsync(CancellationToken.None);
            while (messages.TrySend(new byte[10_000]))
            {
                // Until the limit.
            }

            throw new FormatException();
        });
        MessageChannel client = Connect(server).GetMessages(s_framing);
        await client.SendAsync("go").AsTask().Within();

        Exception? end = await Record.ExceptionAsync(async () =>
        {
            while (await client.ReceiveAsync().Within() is not null)
            {
                // What went before.
            }
        });

        Expect.Disconnected(end);
        await server.StopAsync().Within();
        await serving.Within();
        log.Complaints.Should().ContainSingle().Which.Exception.Should().BeOfType<FormatException>("the reset comes before the report");
    }

    [Fact]
    public async Task Bytes_that_are_no_message_and_slow_peers_are_no_complaint_in_the_log()
    {
        using var log = new LogRecorder();
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = log;
        using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(static async (connection, ending) =>
        {
            MessageChannel messages = connection.GetMessages(
                s_framing, new MessageOptions { MaxMessageSize = 10, MessageTimeout = TimeSpan.FromMilliseconds(50) });
            await messages.ReceiveAsync(ending);
        });

        foreach (byte[] bytes in (byte[][])[[0xFF, 0xFF], [0], [0]])
        {
            using TcpClient client = Connect(server);
            await client.SendAsync(bytes).AsTask().Within();
            Expect.Disconnected(await Expect.Failure(client.ReceiveAsync(new byte[1]).AsTask()));
        }

        await server.StopAsync().Within();
        await serving.Within();
        log.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task What_others_of_a_handler_throw_because_of_bytes_that_are_no_message_is_no_complaint_either()
    {
        using var log = new LogRecorder();
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = log;
        using TcpServer server = Listen(options);
        var refused = new TaskCompletionSource<Exception?>();
        Task serving = server.ServeAsync(async (connection, ending) =>
        {
            MessageChannel messages = connection.GetMessages(s_framing, new MessageOptions { MaxMessageSize = 10 });
            refused.SetResult(await Record.ExceptionAsync(() => messages.ReceiveAsync(ending).AsTask()));
            await messages.SendAsync("late", ending);
        });
        using TcpClient client = Connect(server);
        await client.SendAsync(new byte[] { 0xFF, 0xFF }).AsTask().Within();

        (await refused.Task.Within()).Should().BeOfType<FrameException>();

        await server.StopAsync().Within();
        await serving.Within();
        log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.HandlerDisconnected)
            .Which.Exception.Should().BeOfType<ObjectDisposedException>();
        log.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task A_frame_exception_that_a_handler_makes_itself_is_its_failure_unless_IsPeerFault_says_otherwise()
    {
        using var log = new LogRecorder();
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = log;
        options.IsPeerFault = static exception => exception is FrameException { Limit: 1 };
        using TcpServer server = Listen(options);
        var failures = new Queue<FrameException>([new FrameException("no order", limit: 1), new FrameException("no order")]);
        Task serving = server.ServeAsync((_, _) => throw failures.Dequeue());
        for (int i = 0; i < 2; i++)
        {
            using TcpClient? client = TcpClient.TryConnect(server.LocalEndPoint, ClientOptions).Client;
            await Eventually.BeAsync(() => failures.Count, 1 - i, "the handler has run");
        }

        await server.StopAsync().Within();
        await serving.Within();
        log.Complaints.Should().ContainSingle().Which.Exception.Should().BeOfType<FrameException>()
            .Which.Message.Should().Be("no order");
    }

    /// <summary>Only the drain has a time here: a look at limits would be a timer of the clock, too.</summary>
    private TcpServer ListenOnClock()
    {
        TcpServerOptions options = ServerOptions;
        options.Clock = _clock;
        options.FirstByteTimeout = Timeout.InfiniteTimeSpan;
        options.SendStallTimeout = Timeout.InfiniteTimeSpan;
        return Listen(options);
    }
}

public sealed class MessageServerTests_Portable : MessageServerTests<PortableUnderTest>;

public sealed class MessageServerTests_Epoll : MessageServerTests<EpollUnderTest>;

public sealed class MessageServerTests_EpollWrapped : MessageServerTests<WrappedUnderTest<EpollUnderTest>>;
