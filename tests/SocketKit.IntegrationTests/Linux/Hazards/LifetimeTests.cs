using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux.Hazards;

/// <summary>Servers come and go, the engine stays: nothing of them may stay with it.</summary>
[Collection(Serial.Name)]
public sealed class LifetimeTests : EngineTests<OneLoopUnderTest>
{
    private const int Rounds = 1000;

    [LinuxFact]
    public async Task A_thousand_starts_and_stops_leave_no_socket_no_registration_and_no_thread()
    {
        await StartAndStopAsync(Rounds / 10);
        int sockets = OpenDescriptors.Count();
        IReadOnlyCollection<string> registrations = Registrations.List();
        int threads = Threads();

        await StartAndStopAsync(Rounds);

        OpenDescriptors.ShouldReturnTo(sockets);
        Registrations.List().Should().BeSubsetOf(registrations);
        Threads().Should().BeLessThanOrEqualTo(threads + 1, "the one that is parked may have been started meanwhile");
    }

    /// <summary>
    /// Every third is stopped with a handler that waits, every third is disposed, and every third is stopped from its handler.
    /// </summary>
    private async Task StartAndStopAsync(int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            TcpServer server = Listen();
            bool stopsItself = i % 3 == 2;
            Task serving = server.ServeAsync(async (connection, token) =>
            {
                await connection.ReceiveAsync(new byte[1], token).ConfigureAwait(false);
                await connection.SendAsync("x"u8.ToArray(), token).ConfigureAwait(false);
                if (stopsItself)
                {
                    await server.StopAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
                }

                await connection.ReceiveAsync(new byte[1], token).ConfigureAwait(false);
            });
            using TcpClient client = await TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions).Within();
            await client.SendAsync("x"u8.ToArray()).Within();
            (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(1);
            if (i % 3 == 0)
            {
                await server.StopAsync(TimeSpan.Zero).Within();
            }

            // The client goes first, or its port would stay with a connection that is over.
            client.Abort();
            await server.DisposeAsync().AsTask().Within();
            await serving.Within();
        }
    }

    /// <summary>The threads of all epoll engines of this process, by their name.</summary>
    private static int Threads() => Directory.EnumerateDirectories("/proc/self/task").Count(static task =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("SocketKit", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It has ended since it was listed.
            return false;
        }
    });
}
