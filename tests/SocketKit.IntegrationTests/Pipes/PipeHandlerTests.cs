using System.Buffers;
using System.IO.Pipelines;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Pipes;

/// <summary>Pipes in the handlers of a server.</summary>
public abstract class PipeHandlerTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task A_read_that_waits_with_Stopping_ends_when_the_stop_begins_and_the_peer_sees_the_end()
    {
        using var log = new LogRecorder();
        using TcpServer server = ListenOnClock(log);
        Task serving = server.ServeAsync(static async (connection, _) =>
        {
            IDuplexPipe pipe = connection.GetPipe();
            await EchoAsync(pipe, connection.Stopping);
        });
        using TcpClient client = Connect(server);
        await EchoOnceAsync(client);

        await server.StopAsync(TimeSpan.FromMinutes(10)).Within();

        await serving.Within();
        _clock.Elapsed.Should().Be(TimeSpan.Zero, "nobody had to wait for the drain");
        (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        log.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task A_request_that_has_begun_may_be_answered_within_the_drain()
    {
        using TcpServer server = ListenOnClock();
        Task serving = server.ServeAsync(static async (connection, ending) =>
        {
            IDuplexPipe pipe = connection.GetPipe();
            ReadResult request = await pipe.Input.ReadAtLeastAsync(4, ending);
            foreach (ReadOnlyMemory<byte> part in request.Buffer)
            {
                pipe.Output.Write(part.Span);
            }

            await pipe.Output.CompleteAsync();
            await pipe.Input.CompleteAsync();
        });
        using TcpClient client = Connect(server);
        await client.SendAsync("ab").AsTask().Within();
        await Eventually.BeTrueAsync(() => server.Connections.SingleOrDefault()?.BytesReceived == 2, "the request has begun");

        Task stopping = server.StopAsync(TimeSpan.FromMinutes(10));
        await client.SendAsync("cd").AsTask().Within();

        byte[] answer = new byte[4];
        await client.ReceiveExactlyAsync(answer).Within();
        answer.Should().Equal("abcd"u8.ToArray());
        (await client.ReceiveAsync(answer).Within()).Should().Be(0);
        await stopping.Within();
        await serving.Within();
        _clock.Elapsed.Should().Be(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_handler_that_throws_resets_its_connection_and_no_other()
    {
        using var log = new LogRecorder();
        using TcpServer server = ListenOnClock(log);
        Task serving = server.ServeAsync(static async (connection, ending) =>
        {
            IDuplexPipe pipe = connection.GetPipe();
            ReadResult request = await pipe.Input.ReadAsync(ending);
            if (request.Buffer.FirstSpan[0] == (byte)'!')
            {
                pipe.Output.Write("never flushed"u8);
                throw new FormatException();
            }

            pipe.Input.AdvanceTo(request.Buffer.Start);
            await EchoAsync(pipe, connection.Stopping);
        });
        using TcpClient bad = Connect(server);
        using TcpClient good = Connect(server);
        await EchoOnceAsync(good);
        await bad.SendAsync("!").AsTask().Within();

        Expect.Disconnected(await Expect.Failure(bad.ReceiveAsync(new byte[1]).AsTask()));

        await EchoOnceAsync(good);
        await server.StopAsync().Within();
        await serving.Within();
        log.Complaints.Should().ContainSingle().Which.Exception.Should().BeOfType<FormatException>("the reset comes before the report");
    }

    [Fact]
    public async Task A_peer_that_resets_is_no_complaint_in_the_log()
    {
        using var log = new LogRecorder();
        using TcpServer server = ListenOnClock(log);
        Task serving = server.ServeAsync(static (connection, _) => EchoAsync(connection.GetPipe(), connection.Stopping));
        TcpClient client = Connect(server);
        await EchoOnceAsync(client);

        client.Abort();

        await Eventually.BeTrueAsync(() => server.GetStatistics().ClosedTotal[CloseReason.PeerReset] == 1, "the handler has ended");
        await server.StopAsync().Within();
        await serving.Within();
        log.Complaints.Should().BeEmpty();
    }

    private static async Task EchoAsync(IDuplexPipe pipe, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await pipe.Input.ReadAsync(cancellationToken);
            foreach (ReadOnlyMemory<byte> part in result.Buffer)
            {
                pipe.Output.Write(part.Span);
            }

            pipe.Input.AdvanceTo(result.Buffer.End);
            await pipe.Output.FlushAsync(cancellationToken);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    private static async Task EchoOnceAsync(TcpClient client)
    {
        byte[] answer = new byte[4];
        await client.SendAsync("ping").AsTask().Within();
        await client.ReceiveExactlyAsync(answer).Within();
        answer.Should().Equal("ping"u8.ToArray());
    }

    private TcpServer ListenOnClock(LogRecorder? log = null)
    {
        TcpServerOptions options = ServerOptions;
        options.Clock = _clock;
        options.LoggerFactory = log;
        return Listen(options);
    }
}

public sealed class PipeHandlerTests_Portable : PipeHandlerTests<PortableUnderTest>;

public sealed class PipeHandlerTests_Epoll : PipeHandlerTests<EpollUnderTest>;

public sealed class PipeHandlerTests_EpollWrapped : PipeHandlerTests<WrappedUnderTest<EpollUnderTest>>;
