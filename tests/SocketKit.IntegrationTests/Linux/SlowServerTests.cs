using System.Diagnostics;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Linux.Hazards;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>Handlers say where they run: on a loop, or aside.</summary>
[Collection(Serial.Name)]
[SupportedOSPlatform("linux")]
public sealed class SlowServerTests : EngineTests<OneLoopUnderTest>, IDisposable
{
    private const byte Echo = (byte)'e';
    private const byte Hold = (byte)'h';
    private const byte Aside = (byte)'a';
    private const byte OnLoop = (byte)'l';

    /// <summary>So many slow connections make a server expect the next one to be slow.</summary>
    private const int Many = 4;

    private readonly SemaphoreSlim _release = new(0);

    public void Dispose() => _release.Dispose();

    [LinuxFact]
    public async Task A_server_with_many_slow_connections_starts_the_next_one_aside_until_they_are_gone()
    {
        using TcpServer server = Listen();
        Task serving = server.ServeAsync(ServeAsync);
        (TcpClient neighbour, byte first) = await ConnectAsync(server);
        first.Should().Be(OnLoop);

        // The neighbour may have been held up by the machine, and count as slow itself.
        var slow = new List<TcpClient>();
        byte place = first;
        while (slow.Count <= Many && place == OnLoop)
        {
            (TcpClient client, place) = await ConnectAsync(server);
            slow.Add(client);
            if (place == OnLoop)
            {
                await HoldAsync(client, neighbour);
            }
        }

        place.Should().Be(Aside);

        slow.ForEach(static client => client.Dispose());
        await Eventually.BeTrueAsync(() => server.ConnectionCount == 1, "the slow ones are gone");
        (TcpClient quick, byte again) = await ConnectAsync(server);
        again.Should().Be(OnLoop);

        quick.Dispose();
        neighbour.Dispose();
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    private static byte Place() => EpollLoop.Current is null ? Aside : OnLoop;

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

    /// <summary>Once the loop has served the neighbour beside the held handler, it knows what this connection is like.</summary>
    private async Task HoldAsync(TcpClient client, TcpClient neighbour)
    {
        Task<byte> held = AskAsync(client, Hold);
        await AskAsync(neighbour, Echo);
        _release.Release();
        await held;

        // Its answer may come before the thread that was held has noted what happened.
        long start = Stopwatch.GetTimestamp();
        while (await AskAsync(client, Echo) != Aside)
        {
            Stopwatch.GetElapsedTime(start).Should().BeLessThan(Limits.Hang);
        }
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
