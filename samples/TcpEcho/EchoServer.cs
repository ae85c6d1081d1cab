using System.Text;
using SocketKit;
using SocketException = System.Net.Sockets.SocketException;

/// <summary>
/// Answers many clients at once. The tutorial's loop serves one at a time: a second client can connect and send, but has no answer until
/// the first one leaves. Here each connection has its own run of <see cref="AnswerAsync"/>; while one waits for data, the others go on.
/// </summary>
internal static class EchoServer
{
    public static TcpServer Listen(int port)
    {
        // socket(AF_INET, SOCK_STREAM), bind(('localhost', port)), listen(5)
        TcpServer server = TcpServer.Listen("localhost", port, new() { Backlog = 5 });
        Bilingual.WriteLine(
            $"TCP 服务器启动，等待连接... 端口:{server.Port}",
            $"The TCP server has started and waits for connections... port:{server.Port}");
        return server;
    }

    public static async Task RunAsync(TcpServer listening)
    {
        await using TcpServer server = listening;

        // while True: client_socket, client_address = server_socket.accept(). ServeAsync is this loop, without waiting for a handler before
        // it accepts the next client. It ends when the server is stopped.
        await server.ServeAsync(AnswerAsync);
    }

    private static async Task AnswerAsync(TcpConnection connection, CancellationToken cancellationToken)
    {
        Bilingual.WriteLine($"接受来自 {connection.RemoteEndPoint} 的连接", $"accepted a connection from {connection.RemoteEndPoint}");
        try
        {
            await EchoAsync(connection, cancellationToken);
        }
        catch (SocketException exception) when (exception.IsDisconnect())
        {
            // A client that vanishes ends its own handler only.
            Bilingual.WriteLine($"连接中断: {exception.Message}", "the connection broke");
        }

        // client_socket.close(): ServeAsync does it when the handler returns.
    }

    private static async Task EchoAsync(TcpConnection connection, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1024];
        char[] chars = new char[Encoding.UTF8.GetMaxCharCount(buffer.Length)];

        // recv(1024) may end in the middle of a UTF-8 character; data.decode('utf-8') would then fail, a bug of the tutorial.
        // The decoder keeps the first bytes of such a character until the next receive brings the others.
        Decoder decoder = Encoding.UTF8.GetDecoder();

        while (true)
        {
            // data = client_socket.recv(1024); if not data: break
            int n = await connection.ReceiveAsync(buffer, cancellationToken);
            if (n == 0)
            {
                break;
            }

            string data = new(chars, 0, decoder.GetChars(buffer.AsSpan(0, n), chars, flush: false));
            if (data.Length == 0)
            {
                continue;
            }

            Bilingual.WriteLine($"接收到来自客户端的数据: {data}", $"received data from the client: {data}");

            // The tutorial's text breaks off here; this is the answer of its UDP server. client_socket.send(...) may send only a part,
            // and the tutorial does not look at its result: its other bug. SendAsync sends all of it, like sendall.
            await connection.SendAsync(Encoding.UTF8.GetBytes($"你好，客户端！你发送了：{data}"), cancellationToken);
        }
    }
}
