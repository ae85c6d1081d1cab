using Microsoft.Extensions.Logging;
using SocketKit.IntegrationTests.Kit;
using SocketError = System.Net.Sockets.SocketError;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>A handler's failure ends its own connection, is logged once, and nothing else; what a peer does is never above Debug.</summary>
public abstract class HandlerFaultTests<TEngine> : EngineTests<TEngine>, IDisposable
    where TEngine : EngineUnderTest, new()
{
    private readonly LogRecorder _log = new();

    public void Dispose()
    {
        _log.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("synchronously")]
    [InlineData("in an async method")]
    [InlineData("after an await")]
    [InlineData("a cancellation of its own")]
    [InlineData("deep in the stack")]
    [InlineData("no task")]
    [InlineData("the loss of another connection")]
    [InlineData("an aggregate")]
    public async Task A_handler_that_throws_ends_its_own_connection_and_is_logged_once(string how)
    {
        await using TcpServer server = ListenLogged();
        int calls = 0;
        Task serving = server.ServeAsync((connection, token) =>
            Interlocked.Increment(ref calls) == 1 ? FailAsync(how) : connection.SendAsync("fine"u8.ToArray(), token).AsTask());

        Func<Task> connectAndReceive = async () =>
        {
            // The reset may overtake the connect's own return.
            using TcpClient unlucky = Connect(server);
            await unlucky.ReceiveAsync(new byte[1]).Within();
        };
        (await connectAndReceive.Should().ThrowAsync<SocketException>()).Which.SocketErrorCode.Should().Be(SocketError.ConnectionReset);
        using TcpClient lucky = Connect(server);
        await lucky.ReceiveExactlyAsync(new byte[4]).Within();

        await server.StopAsync().Within();
        await serving.Within();
        _log.Complaints.Should().ContainSingle().Which.Level.Should().Be(LogLevel.Error);
    }

    [Theory]
    [InlineData("resets")]
    [InlineData("finishes in the middle of a message")]
    [InlineData("is silent for too long")]
    [InlineData("does not read")]
    public async Task What_a_peer_does_is_not_logged_above_Debug(string what)
    {
        TcpServer server = ListenLogged();
        await using (server)
        {
            byte[] large = new byte[16 * 1024 * 1024];
            Task serving = server.ServeAsync(async (connection, token) =>
            {
                // Not before the client has sent: a reset may overtake its connect's own return.
                await connection.WaitReadableAsync(token);
                if (what is "is silent for too long" or "does not read")
                {
                    connection.Timeout = TimeSpan.FromMilliseconds(20);
                }

                if (what == "does not read")
                {
                    await connection.SendAsync(large, token);
                }

                await connection.ReceiveExactlyAsync(new byte[16], token);
            });
            using TcpClient client = Connect(server);
            await client.SendAsync("part"u8.ToArray()).Within();
            await Eventually.BeTrueAsync(() => server.ConnectionCount == 1 || _log.Lines.Any(IsHandlersEnd), "it is served");
            if (what == "resets")
            {
                client.Abort();
            }
            else if (what == "finishes in the middle of a message")
            {
                client.ShutdownSend();
            }

            await Eventually.BeTrueAsync(() => _log.Lines.Any(IsHandlersEnd), "the handler's end is logged");
            await server.StopAsync().Within();
            await serving.Within();
        }

        _log.Complaints.Should().BeEmpty();

        static bool IsHandlersEnd((LogLevel Level, EventId Id, string Text, Exception? Exception) line) => line.Exception is not null;
    }

    [Fact]
    public async Task A_logger_that_throws_ends_neither_the_server_nor_a_connection()
    {
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = new ThrowingLog();
        options.MaxConnections = 1;
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            await connection.ReceiveAsync(new byte[1], token);
            throw new InvalidOperationException("by a handler");
        });
        for (int i = 0; i < 3; i++)
        {
            using TcpClient client = Connect(server);
            await Eventually.BeAsync(() => server.ConnectionCount, 1, "it is served");

            (await Expect.Failure(BeRejectedAsync(server))).Should().BeAssignableTo<SocketException>("it is one too many");
            client.Send("x"u8);
            (await Expect.Failure(client.ReceiveAsync(new byte[1]).AsTask())).Should().BeOfType<SocketOperationException>();
            await Eventually.BeAsync(() => server.ConnectionCount, 0, "its place is free");
        }

        await server.StopAsync().Within();
        await serving.Within();

        // The reset may overtake the connect's own return.
        async Task BeRejectedAsync(TcpServer server)
        {
            using TcpClient rejected = Connect(server);
            await rejected.ReceiveAsync(new byte[1]).Within();
        }
    }

    [Fact]
    public async Task A_handler_may_send_dispose_and_abort_its_connection_in_any_order()
    {
        Action<TcpConnection>[] acts =
        [
            static connection => connection.TrySend("x"u8, out _),
            static connection => connection.Dispose(),
            static connection => connection.Abort(),
        ];
        await using TcpServer server = ListenLogged();
        int served = 0;
        Task serving = server.ServeAsync((connection, _) =>
        {
            int number = Interlocked.Increment(ref served) - 1;
            connection.Receive(new byte[1]);
            foreach (Action<TcpConnection> act in new[] { acts[number % 3], acts[number / 3] })
            {
                try
                {
                    act(connection);
                }
                catch (ObjectDisposedException)
                {
                    // A send after the end is refused, as it should be.
                }
            }

            return Task.CompletedTask;
        });

        for (int i = 0; i < 9; i++)
        {
            using TcpClient client = Connect(server);
            client.Send("x"u8);
            client.WaitReadable(Limits.Hang).Should().BeTrue();
        }

        await server.StopAsync().Within();
        await serving.Within();
        served.Should().Be(9);
        _log.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task A_Closed_callback_may_stop_the_server()
    {
        TcpServer server = Listen();
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            connection.Closed.Register(() => server.StopAsync(TimeSpan.Zero).Within().GetAwaiter().GetResult());
            await connection.ReceiveAsync(new byte[1], token);
        });
        TcpClient client = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "a client is connected");

        client.Dispose();

        await serving.Within();
        await server.DisposeAsync();
    }

    private TcpServer ListenLogged()
    {
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = _log;
        return Listen(options);
    }

    private static Task FailAsync(string how) => how switch
    {
        "synchronously" => throw new InvalidOperationException(how),
        "in an async method" => FailAsync(yields: false),
        "after an await" => FailAsync(yields: true),
        "a cancellation of its own" => throw new OperationCanceledException(how),
        "deep in the stack" => FailDeepAsync(500),
        "no task" => null!,
        "the loss of another connection" => throw new SocketException((int)SocketError.ConnectionReset),
        _ => throw new AggregateException(new InvalidOperationException(how), new InvalidOperationException(how)),
    };

    private static async Task FailAsync(bool yields)
    {
        if (yields)
        {
            await Task.Yield();
        }

        throw new InvalidOperationException("by a handler");
    }

    private static async Task FailDeepAsync(int depth)
    {
        await (depth == 0 ? FailAsync(yields: true) : FailDeepAsync(depth - 1));
    }
}

public sealed class HandlerFaultTests_Portable : HandlerFaultTests<PortableUnderTest>;

public sealed class HandlerFaultTests_Epoll : HandlerFaultTests<EpollUnderTest>;
