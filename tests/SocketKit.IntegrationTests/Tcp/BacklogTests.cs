using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>More clients than the backlog takes while nobody accepts.</summary>
public abstract class BacklogTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Clients = 60;
    private const int Backlog = 8;

    [LinuxFact]
    public async Task No_client_is_lost_once_accepting_resumes()
    {
        TcpServerOptions options = ServerOptions;
        options.Backlog = Backlog;
        using TcpServer server = Listen(options);
        TcpClientOptions patient = ClientOptions;
        patient.ConnectTimeout = Limits.Hang;
        Task<TcpClient>[] connects = [.. Enumerable.Range(0, Clients).Select(_ => TcpClient.ConnectAsync(server.LocalEndPoint, patient))];
        await Until(() => connects.Count(static connect => connect.IsCompleted) >= Backlog);
        connects.Should().Contain(static connect => !connect.IsCompleted, "or nothing overflowed");
        Task accepting = AcceptAndEcho(server);

        await Task.WhenAll(connects.Select(Talk)).Within();

        await accepting.Within();
        server.TryAccept(out _).Should().BeFalse("nobody came twice");
    }

    private static async Task AcceptAndEcho(TcpServer server)
    {
        var connections = new List<TcpConnection>();
        for (int i = 0; i < Clients; i++)
        {
            connections.Add(await server.AcceptAsync().Within());
        }

        await Task.WhenAll(connections.Select(static async connection =>
        {
            using (connection)
            {
                byte[] buffer = new byte[4];
                await connection.ReceiveExactlyAsync(buffer).Within();
                await connection.SendAsync(buffer).Within();
            }
        }));
    }

    private static async Task Talk(Task<TcpClient> connect, int number)
    {
        using TcpClient client = await connect;
        byte[] message = BitConverter.GetBytes(number);
        await client.SendAsync(message).Within();
        byte[] reply = new byte[4];
        await client.ReceiveExactlyAsync(reply).Within();
        reply.Should().Equal(message);
    }
}

public sealed class BacklogTests_Portable : BacklogTests<PortableUnderTest>;

public sealed class BacklogTests_Epoll : BacklogTests<EpollUnderTest>;
