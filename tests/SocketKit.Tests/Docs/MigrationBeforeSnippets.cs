using System.Net;
using System.Net.Sockets;

// Not in a namespace below SocketKit, where TcpClient would mean SocketKit's.
namespace BeforeMigration;

/// <summary>The code of samples/guide/migration.md that uses System.Net.Sockets alone, compiled.</summary>
internal static class MigrationBeforeSnippets
{
    public static async Task Server(int port, CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        while (true)
        {
            _ = EchoAsync(await listener.AcceptTcpClientAsync(cancellationToken));
        }

        async Task EchoAsync(TcpClient client)
        {
            try
            {
                using (client)
                {
                    client.NoDelay = true;
                    NetworkStream stream = client.GetStream();
                    var buffer = new byte[1024];
                    int n;
                    while ((n = await stream.ReadAsync(buffer, cancellationToken)) > 0)
                    {
                        await stream.WriteAsync(buffer.AsMemory(0, n), cancellationToken);
                    }
                }
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The client has reset the connection, or the server stops.
            }
        }
    }

    public static async Task<byte[]> Client(string host, int port, byte[] question, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(5));
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(host, port, limit.Token);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(question, limit.Token);
        var answer = new byte[question.Length];
        await stream.ReadExactlyAsync(answer, limit.Token);
        return answer;
    }

    public static async Task Datagrams(int port, CancellationToken cancellationToken)
    {
        using var endpoint = new UdpClient(port);
        UdpReceiveResult received = await endpoint.ReceiveAsync(cancellationToken);
        await endpoint.SendAsync(received.Buffer, received.RemoteEndPoint, cancellationToken);
    }
}
