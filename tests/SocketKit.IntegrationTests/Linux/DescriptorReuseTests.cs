using System.Globalization;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>
/// The kernel gives a closed descriptor's number to the next connection at once. An event, a post or a deadline that was meant for the old
/// one must not reach the new one.
/// </summary>
public sealed class DescriptorReuseTests : EngineTests<EpollUnderTest>
{
    private const int Threads = 4;
    private const int Connections = 500;
    private const int Lines = 3;

    [Fact]
    public async Task Connections_that_come_and_go_never_see_each_others_bytes()
    {
        await using TcpServer server = Listen();
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            byte[] buffer = new byte[64];
            int received;
            while ((received = await connection.ReceiveAsync(buffer, token)) > 0)
            {
                await connection.SendAsync(buffer.AsMemory(0, received), token);
            }
        });

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
        {
            for (int i = 0; i < Connections; i++)
            {
                await TalkAsync(server, string.Create(CultureInfo.InvariantCulture, $"{thread:D2}-{i:D6}"), abort: i % 3 == 0);
            }
        })));

        await server.StopAsync().Within();
        await serving.Within();
    }

    /// <summary>A deadline that passes, a pending receive that is closed: whatever may be late for the next owner of the number.</summary>
    private async Task TalkAsync(TcpServer server, string pattern, bool abort)
    {
        TcpClient client = await TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions);
        byte[] sent = System.Text.Encoding.ASCII.GetBytes(pattern);
        byte[] received = new byte[sent.Length];
        client.ReceiveTimeout = Limits.Hang;
        for (int i = 0; i < Lines; i++)
        {
            await client.SendAsync(sent);
            await client.ReceiveExactlyAsync(received);
            received.Should().Equal(sent);
        }

        Task<int> pending = client.ReceiveAsync(received).AsTask();
        if (abort)
        {
            client.Abort();
        }
        else
        {
            client.Dispose();
        }

        await pending.Invoking(static task => task.Within()).Should().ThrowAsync<ObjectDisposedException>();
    }
}
