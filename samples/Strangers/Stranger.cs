using System.Net;
using SocketKit;
using SocketError = System.Net.Sockets.SocketError;

/// <summary>A client, and what becomes of it.</summary>
internal static class Stranger
{
    /// <summary>Connects, says a line and gets its answer. From then on the server serves it.</summary>
    public static async Task<TcpClient> GreetAsync(int port, string from = "127.0.0.1")
    {
        TcpClient client = await ConnectAsync(port, from);
        await client.SendAsync("hello\n");
        await client.ReceiveExactlyAsync(new byte["HELLO\n".Length]);
        return client;
    }

    /// <summary>Connects, and says how the server ends the connection.</summary>
    public static async Task<string> TryAsync(int port, string from = "127.0.0.1")
    {
        try
        {
            using TcpClient client = await ConnectAsync(port, from);
            return await FateOfAsync(client);
        }
        catch (SocketConnectException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            // The server was so quick that the connect noticed.
            return "reset";
        }
    }

    /// <summary>Reads until the server ends the connection.</summary>
    public static async Task<string> FateOfAsync(TcpClient client)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await client.ReceiveAsync(buffer, TimeSpan.FromSeconds(20)) > 0)
            {
                // What had been sent before.
            }

            return "closed";
        }
        catch (SocketOperationException exception) when (exception.IsDisconnect())
        {
            return "reset";
        }
    }

    public static Task<TcpClient> ConnectAsync(int port, string from = "127.0.0.1", int? receiveBuffer = null) => TcpClient.ConnectAsync(
        "127.0.0.1",
        port,
        new TcpClientOptions { LocalEndPoint = new IPEndPoint(IPAddress.Parse(from), 0), ReceiveBufferSize = receiveBuffer });
}
