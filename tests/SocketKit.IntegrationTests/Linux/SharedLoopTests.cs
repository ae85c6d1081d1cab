using System.Diagnostics;
using System.Net;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>
/// Handlers that compute, on an engine with one loop and no monitor: two of them run at the same time only if the loop does not wait for
/// code that is known to work.
/// </summary>
[Collection(Serial.Name)]
[SupportedOSPlatform("linux")]
public sealed class SharedLoopTests
{
    private const byte Work = (byte)'w';
    private const byte Meet = (byte)'m';
    private const int Rounds = 64;

    private static readonly TimeSpan s_work = TimeSpan.FromMicroseconds(200);

    private static readonly Lazy<SocketEngine> s_engine = new(static () =>
        new EpollEngine("epoll engine, one loop, nobody watches it", SocketEngine.Portable, loops: 1, BusyPoll.Off, hasMonitor: false));

    private int _met;

    [LinuxFact(Processors = 2)]
    public async Task Handlers_that_work_run_at_the_same_time_by_default()
    {
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Engine = s_engine.Value });
        Task serving = server.ServeAsync(ServeAsync);
        using TcpClient first = Connect(server);
        using TcpClient second = Connect(server);
        for (int i = 0; i < Rounds; i++)
        {
            await Task.WhenAll(AskAsync(first, Work), AskAsync(second, Work));
        }

        await Task.WhenAll(AskAsync(first, Meet), AskAsync(second, Meet));

        first.Dispose();
        second.Dispose();
        await server.StopAsync().Within();
        await serving.Within();
    }

    private static TcpClient Connect(TcpServer server) =>
        TcpClient.Connect(server.LocalEndPoint, new TcpClientOptions { Engine = SocketEngine.Portable });

    private static async Task AskAsync(TcpClient client, byte question)
    {
        byte[] buffer = [question];
        await client.SendAsync(buffer).Within();
        await client.ReceiveExactlyAsync(buffer).AsTask().Within();
        buffer[0].Should().Be(question);
    }

    private async Task ServeAsync(TcpConnection connection, CancellationToken token)
    {
        byte[] buffer = new byte[1];
        while (await connection.ReceiveAsync(buffer, token) > 0)
        {
            if (buffer[0] == Work)
            {
                Compute(s_work, static () => false);
            }
            else
            {
                Interlocked.Increment(ref _met);
                Compute(Limits.Hang, () => Volatile.Read(ref _met) == 2).Should().BeTrue("the other handler runs beside this one");
            }

            await connection.SendAsync(buffer, token);
        }
    }

    /// <summary>Uses the processor until the end, or for as long as given. Whether it was the end.</summary>
    private static bool Compute(TimeSpan most, Func<bool> isOver)
    {
        long started = Stopwatch.GetTimestamp();
        while (!isOver())
        {
            if (Stopwatch.GetElapsedTime(started) > most)
            {
                return false;
            }
        }

        return true;
    }
}
