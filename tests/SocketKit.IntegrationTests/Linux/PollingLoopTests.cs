using System.Net;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>
/// One loop that polls, with two connections that talk all the time: it tries their receives without asking epoll each time.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class PollingLoopTests
{
    /// <summary>Far more than it takes until the two are known to the loop.</summary>
    private const int Settled = 500;
    private const int Rounds = 200;

    private static readonly BusyPoll s_poll = BusyPoll.Fixed(TimeSpan.FromMilliseconds(1));

    private static readonly Lazy<SocketEngine> s_engine = new(static () =>
        new EpollEngine("epoll engine, one loop that polls", SocketEngine.Portable, loops: 1, s_poll));

    [LinuxFact]
    public async Task Two_connections_that_talk_all_the_time_do_not_keep_a_third_one_waiting()
    {
        await WhileTwoTalkAsync(static async server =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                using TcpClient third = Connect(server);
                await EchoAsync(third, (byte)i);
                await EchoAsync(third, (byte)(i + 1));
            }
        });
    }

    [LinuxFact]
    public async Task A_deadline_passes_and_a_token_fires_while_two_connections_talk_all_the_time()
    {
        await WhileTwoTalkAsync(static async server =>
        {
            using TcpClient third = TcpClient.Connect(server.LocalEndPoint, new TcpClientOptions { Engine = s_engine.Value });
            await EchoAsync(third, 1);
            Func<Task> late = async () => await third.ReceiveAsync(new byte[1], TimeSpan.FromMilliseconds(20)).AsTask().Within();
            await late.Should().ThrowAsync<SocketTimeoutException>();

            using var stop = new CancellationTokenSource();
            Task canceled = third.ReceiveAsync(new byte[1], stop.Token).AsTask();
            await stop.CancelAsync();
            await canceled.Awaiting(static task => task.Within()).Should().ThrowAsync<OperationCanceledException>();
            await EchoAsync(third, 2);
        });
    }

    private static async Task WhileTwoTalkAsync(Func<TcpServer, Task> act)
    {
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Engine = s_engine.Value });
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            byte[] buffer = new byte[16];
            int count;
            while ((count = await connection.ReceiveAsync(buffer, token)) > 0)
            {
                await connection.SendAsync(buffer.AsMemory(0, count), token);
            }
        });
        using var stop = new CancellationTokenSource();
        var settled = new CountdownEvent(2);
        Task[] talks = [TalkAsync(server, settled, stop.Token), TalkAsync(server, settled, stop.Token)];
        await Limits.OnThread(settled.Wait).Within();

        await act(server);

        await stop.CancelAsync();
        await Task.WhenAll(talks).Within();
        await server.StopAsync().Within();
        await serving.Within();
    }

    private static async Task TalkAsync(TcpServer server, CountdownEvent settled, CancellationToken stop)
    {
        using TcpClient client = Connect(server);
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            await EchoAsync(client, (byte)i);
            if (i == Settled)
            {
                settled.Signal();
            }
        }
    }

    private static TcpClient Connect(TcpServer server) =>
        TcpClient.Connect(server.LocalEndPoint, new TcpClientOptions { Engine = SocketEngine.Portable });

    private static async Task EchoAsync(TcpClient client, byte value)
    {
        byte[] buffer = [value];
        await client.SendAsync(buffer).Within();
        buffer[0] = 0;
        await client.ReceiveExactlyAsync(buffer).AsTask().Within();
        buffer[0].Should().Be(value);
    }
}
