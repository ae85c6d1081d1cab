using System.Diagnostics;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Loops;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Linux.Hazards;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>Handlers report where they run: on a loop, or on a spare thread.</summary>
[Collection(Serial.Name)]
[SupportedOSPlatform("linux")]
public sealed class SlowServerTests : EngineTests<OneLoopUnderTest>, IDisposable
{
    private const byte Echo = (byte)'e';
    private const byte Hold = (byte)'h';
    private const byte Spare = (byte)'s';
    private const byte OnLoop = (byte)'l';

    /// <summary>So many slow connections make a server expect the next one to be slow.</summary>
    private const int Many = 4;

    private readonly SemaphoreSlim _release = new(0);

    public void Dispose() => _release.Dispose();

    [LinuxFact]
    public async Task A_server_with_many_slow_connections_starts_the_next_one_on_a_spare_thread_until_they_are_gone()
    {
        using TcpServer server = Listen();
        Task serving = server.ServeAsync(ServeAsync);
        var slow = new List<TcpClient>();
        TcpClient neighbour = await ConnectUntilAsync(server, OnLoop, slow);
        slow.Remove(neighbour);
        for (int i = 0; i < Many; i++)
        {
            (TcpClient client, _) = await ConnectAsync(server);
            slow.Add(client);
            await HoldAsync(client, neighbour);
        }

        // What held the loop is noted when it comes back, which may be after its client has been answered.
        await ConnectUntilAsync(server, Spare, slow);

        slow.ForEach(static client => client.Dispose());
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "the slow ones are gone");
        var quick = new List<TcpClient>();
        await ConnectUntilAsync(server, OnLoop, quick);

        quick.ForEach(static client => client.Dispose());
        neighbour.Dispose();
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    private static byte Place() => EpollLoop.Current is null ? Spare : OnLoop;

    private static async Task<byte> AskAsync(TcpClient client, byte question)
    {
        byte[] buffer = [question];
        await client.SendAsync(buffer).Within();
        await client.ReceiveExactlyAsync(buffer).AsTask().Within();
        return buffer[0];
    }

    /// <summary>The handler's first word says where it was started.</summary>
    private async Task<(TcpClient Client, byte Place)> ConnectAsync(TcpServer server)
    {
        TcpClient client = Connect(server);
        byte[] first = new byte[1];
        await client.ReceiveExactlyAsync(first).AsTask().Within();
        return (client, first[0]);
    }

    /// <summary>On a busy machine a loop may be taken from any handler that does not get on, so that one place alone says little.</summary>
    private async Task<TcpClient> ConnectUntilAsync(TcpServer server, byte wanted, List<TcpClient> all)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            (TcpClient next, byte place) = await ConnectAsync(server);
            all.Add(next);
            if (place == wanted)
            {
                return next;
            }

            Stopwatch.GetElapsedTime(start).Should().BeLessThan(Limits.Hang);
        }
    }

    /// <summary>The loop has been taken from the handler when the neighbour is served beside it.</summary>
    private async Task HoldAsync(TcpClient client, TcpClient neighbour)
    {
        Task<byte> held = AskAsync(client, Hold);
        await AskAsync(neighbour, Echo);
        _release.Release();
        await held;
    }

    private async Task ServeAsync(TcpConnection connection, CancellationToken token)
    {
        byte[] buffer = [Place()];
        await connection.SendAsync(buffer, token);
        while (await connection.ReceiveAsync(buffer, token) > 0)
        {
            if (buffer[0] == Hold)
            {
                _release.Wait(Limits.Hang, CancellationToken.None).Should().BeTrue("it is released");
            }

            buffer[0] = Place();
            await connection.SendAsync(buffer, token);
        }
    }
}
