using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux.Hazards;

/// <summary>What a handler may do while it runs on the loop, between two events: nothing of it may reach the others.</summary>
public sealed class HandlerTests : EngineTests<OneLoopUnderTest>, IDisposable
{
    private const byte Act = (byte)'a';

    private readonly LogRecorder _log = new();

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData("dispose its own", 0, 0)]
    [InlineData("abort its own", -1, 0)]
    [InlineData("dispose another's", 1, 1)]
    [InlineData("abort another's", 1, 1)]
    [InlineData("throw", -1, 1)]
    [InlineData("throw in a callback of Closed", 0, 0)]
    public async Task A_handler_on_the_loop_may_close_or_fail_and_the_others_go_on(string what, int answer, int complaints)
    {
        const int Others = 8;
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = _log;
        await using TcpServer server = Listen(options);
        TcpConnection? victim = null;
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            byte[] buffer = new byte[1];
            while (await connection.ReceiveAsync(buffer, token).ConfigureAwait(false) > 0)
            {
                if (buffer[0] == Act && Do(what, connection, victim!))
                {
                    return;
                }

                await connection.SendAsync(buffer, token).ConfigureAwait(false);
            }
        });
        TcpClient[] others = [.. Enumerable.Range(0, Others).Select(_ => Connect(server))];
        using TcpClient prey = Connect(server);
        using TcpClient actor = Connect(server);
        foreach (TcpClient client in others.Append(prey).Append(actor))
        {
            (await EchoAsync(client, 0)).Should().Be(1);
        }

        victim = server.Connections.Single(connection => connection.RemoteEndPoint!.Equals(prey.LocalEndPoint));

        // The victim's own byte is on its way at the same time.
        Task<int> preys = EchoAsync(prey, 0);
        (await EchoAsync(actor, Act)).Should().Be(answer);

        (await preys).Should().BeInRange(-1, 1, "it was closed before, or after");
        foreach (TcpClient client in others)
        {
            (await EchoAsync(client, 0)).Should().Be(1);
            client.Dispose();
        }

        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
        _log.Complaints.Should().HaveCount(complaints);
    }

    [Theory]
    [InlineData("dispose")]
    [InlineData("dispose asynchronously")]
    [InlineData("stop")]
    public async Task A_handler_on_the_loop_may_end_its_server(string how)
    {
        TcpServer server = Listen();
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            byte[] buffer = new byte[1];
            while (await connection.ReceiveAsync(buffer, token).ConfigureAwait(false) > 0)
            {
                if (buffer[0] == Act)
                {
                    await (how switch
                    {
                        "stop" => server.StopAsync(TimeSpan.Zero, CancellationToken.None),
                        "dispose" => Race.Call(server.Dispose)(),
                        _ => server.DisposeAsync().AsTask(),
                    }).ConfigureAwait(false);
                }
            }
        });
        using TcpClient actor = Connect(server);
        using TcpClient other = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 2, "both are served");
        Task<int> ends = EchoAsync(other, 0);

        await actor.SendAsync(new[] { Act }).Within();

        await serving.Within();
        (await ends).Should().BeInRange(-1, 0);
        await server.DisposeAsync();

        // The loop is everybody's, and goes on.
        using TcpPairUnderTest pair = ConnectPair();
        Task<int> receive = pair.Accepted.ReceiveAsync(new byte[1]).AsTask();
        pair.Client.Send("x"u8);
        (await receive.Within()).Should().Be(1);
    }

    [Fact]
    public async Task A_continuation_that_throws_comes_to_its_task_and_not_to_the_loop()
    {
        using TcpPairUnderTest pair = ConnectPair();
        for (int i = 0; i < 100; i++)
        {
            Task failing = FailAsync();
            pair.Client.Send("x"u8);
            (await Expect.Failure(failing)).Should().BeOfType<InvalidOperationException>();
        }

        async Task FailAsync()
        {
            await pair.Accepted.ReceiveAsync(new byte[1]).ConfigureAwait(false);
            throw new InvalidOperationException("on the loop");
        }
    }

    /// <summary>Whether its own connection is closed then.</summary>
    private static bool Do(string what, TcpConnection own, TcpConnection another)
    {
        switch (what)
        {
            case "dispose its own":
                own.Dispose();
                return true;
            case "abort its own":
                own.Abort();
                return true;
            case "dispose another's":
                another.Dispose();
                return false;
            case "abort another's":
                another.Abort();
                return false;
            case "throw":
                throw new InvalidOperationException("by a handler");
            default:
                own.Closed.Register(static () => throw new InvalidOperationException("by a callback"));
                own.Dispose();
                return true;
        }
    }

    /// <summary>1 when the byte came back, 0 at the end of the stream, −1 at a reset.</summary>
    private static async Task<int> EchoAsync(TcpClient client, byte ball)
    {
        try
        {
            await client.SendAsync(new[] { ball }).Within();
            return await client.ReceiveAsync(new byte[1]).Within();
        }
        catch (System.Net.Sockets.SocketException exception) when (exception.IsDisconnect())
        {
            // How it ended is what the caller asks for.
            return -1;
        }
    }
}
