using SocketError = System.Net.Sockets.SocketError;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.Tests.Docs;

/// <summary>The code of the READMEs, compiled. ReadmeTests holds the two together, line by line.</summary>
internal static class ReadmeSnippets
{
    public static async Task Server()
    {
        await using var server = TcpServer.Listen("localhost", 12345);
        await server.ServeAsync(async (connection, cancellationToken) =>
        {
            var buffer = new byte[1024];
            int n;
            while ((n = await connection.ReceiveAsync(buffer, cancellationToken)) > 0)
                await connection.SendAsync(buffer.AsMemory(0, n), cancellationToken);
        });
    }

    public static int Client()
    {
        using var client = TcpClient.Connect("localhost", 12345);
        client.Timeout = TimeSpan.FromSeconds(5);
        client.Send("hello"u8);
        var buffer = new byte[1024];
        int n = client.Receive(buffer);
        return n;
    }

    public static bool IsRefused(Exception exception) => exception is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
}
