using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>
/// The unexpected between accept(2) and the handler: it fails its own connection, is told, and the server goes on. Over Unix sockets
/// with a buffer size, which an accepted one is given before its connection is made.
/// </summary>
public abstract class AcceptFaultTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [LinuxFact]
    public async Task A_server_that_serves_goes_on_and_logs_and_counts_both()
    {
        var log = new LogRecorder();
        using UnixServer server = ListenFaulty(log);
        Task serving = server.ServeAsync(static (connection, token) => connection.SendAsync("fine"u8.ToArray(), token).AsTask());

        await BeGivenUpAsync();
        await BeGivenUpAsync();
        using UnixClient lucky = ConnectUnix(PathOf());
        await lucky.ReceiveExactlyAsync(new byte[4]).Within();

        await server.StopAsync().Within();
        await serving.Within();
        ShouldHaveLoggedAndCountedBoth(log, server);
    }

    [LinuxFact]
    public async Task AcceptAllAsync_goes_on_and_logs_and_counts_both()
    {
        var log = new LogRecorder();
        using UnixServer server = ListenFaulty(log);
        Task accepting = AcceptOneAsync();

        await BeGivenUpAsync();
        await BeGivenUpAsync();
        using UnixClient lucky = ConnectUnix(PathOf());
        await lucky.ReceiveExactlyAsync(new byte[4]).Within();

        await accepting.Within();
        ShouldHaveLoggedAndCountedBoth(log, server);

        async Task AcceptOneAsync()
        {
            await foreach (UnixConnection connection in server.AcceptAllAsync())
            {
                using (connection)
                {
                    await connection.SendAsync("fine"u8.ToArray());
                }

                break;
            }
        }
    }

    [LinuxTheory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Whoever_accepts_by_hand_is_told_and_may_accept_again(CallShape shape)
    {
        using UnixServer server = ListenFaulty(new LogRecorder());
        using UnixClient first = ConnectUnix(PathOf());
        Exception? thrown = await Expect.Failure(AcceptAsync(server, shape));
        thrown.Should().BeOfType<InvalidOperationException>().Which.Message.Should().Be(FaultyEngine.Fault);
        using UnixClient second = ConnectUnix(PathOf());
        (await Expect.Failure(AcceptAsync(server, shape))).Should().BeOfType<ObjectDisposedException>();

        using UnixClient third = ConnectUnix(PathOf());
        using UnixConnection accepted = await AcceptAsync(server, shape).Within();

        third.Send("x"u8);
        (await accepted.ReceiveAsync(new byte[1]).Within()).Should().Be(1);
    }

    private static void ShouldHaveLoggedAndCountedBoth(LogRecorder log, UnixServer server)
    {
        log.Complaints.Select(static line => line.Exception!.GetType())
            .Should().Equal(typeof(InvalidOperationException), typeof(ObjectDisposedException));
        ServerStatistics counted = server.GetStatistics();
        (counted.AcceptErrors, counted.RejectedTotal).Should().Be((1, 1));
    }

    private static Task<UnixConnection> AcceptAsync(UnixServer server, CallShape shape) => shape switch
    {
        CallShape.Blocking => Limits.OnThread(server.Accept),
        CallShape.Try => Limits.OnThread(() =>
            server.TryAccept(out UnixConnection? connection) ? connection : throw new InvalidOperationException("nobody")),
        _ => server.AcceptAsync().AsTask(),
    };

    private async Task BeGivenUpAsync()
    {
        using UnixClient client = ConnectUnix(PathOf());
        (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
    }

    private UnixServer ListenFaulty(LogRecorder log) =>
        ListenUnix(
        PathOf(),
        new UnixServerOptions
        {
            Engine = new FaultyEngine(Engine),
            LoggerFactory = log,
            SendBufferSize = 10_000,
        });
}

public sealed class AcceptFaultTests_Portable : AcceptFaultTests<PortableUnderTest>;

public sealed class AcceptFaultTests_Epoll : AcceptFaultTests<EpollUnderTest>;
