using System.Net.Security;
using System.Net.Sockets;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/migration.md that uses SocketKit, compiled.</summary>
internal static class MigrationSnippets
{
    public static async Task Server(int port, CancellationToken cancellationToken)
    {
        await using var server = TcpServer.Listen("localhost", port);
        await server.ServeAsync(
            async (connection, token) =>
            {
                var buffer = new byte[1024];
                int n;
                while ((n = await connection.ReceiveAsync(buffer, token)) > 0)
                {
                    await connection.SendAsync(buffer.AsMemory(0, n), token);
                }
            },
            cancellationToken);
    }

    public static async Task<byte[]> Client(string host, int port, byte[] question, CancellationToken cancellationToken)
    {
        var options = new TcpClientOptions { ConnectTimeout = TimeSpan.FromSeconds(5), ReceiveTimeout = TimeSpan.FromSeconds(5) };
        await using TcpClient client = await TcpClient.ConnectAsync(host, port, options, cancellationToken);
        await client.SendAsync(question, cancellationToken);
        var answer = new byte[question.Length];
        await client.ReceiveExactlyAsync(answer, cancellationToken);
        return answer;
    }

    public static async Task Datagrams(int port, CancellationToken cancellationToken)
    {
        using var endpoint = UdpEndpoint.Bind(port);
        var buffer = new byte[65_536];
        ReceivedDatagram received = await endpoint.ReceiveFromAsync(buffer, cancellationToken);
        await endpoint.SendToAsync(buffer.AsMemory(0, received.Length), received.RemoteEndPoint!, cancellationToken);
    }

    public static async Task<int> Wrap(Socket socket, byte[] buffer, CancellationToken cancellationToken)
    {
        using var connection = TcpConnection.FromSocket(socket, new TcpClientOptions { ReceiveTimeout = TimeSpan.FromSeconds(5) });
        int n = await connection.ReceiveAsync(buffer, cancellationToken);
        return n;
    }

    public static async Task<string?> Lines(TcpConnection connection, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(connection.GetStream(leaveOpen: true));
        string? line = await reader.ReadLineAsync(cancellationToken);
        return line;
    }

    public static async Task Tls(
        TcpClient client, SslClientAuthenticationOptions options, byte[] request, CancellationToken cancellationToken)
    {
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(options, cancellationToken);
        await tls.WriteAsync(request, cancellationToken);
    }

    public static Socket HandBack(TcpConnection connection)
    {
        var socket = new Socket(connection.DuplicateHandle());
        connection.Dispose();

        // The descriptor is non-blocking, which Socket does not notice. Changing the mode twice sets it.
        socket.Blocking = false;
        socket.Blocking = true;
        return socket;
    }
}
