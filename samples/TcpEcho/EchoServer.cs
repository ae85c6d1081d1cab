using System.Text;
using SocketKit;
using SocketException = System.Net.Sockets.SocketException;

/// <summary>Answers one client after the other, as the tutorial does. For many at a time there is <c>TcpServer.ServeAsync</c>.</summary>
internal static class EchoServer
{
    public static TcpServer Listen(int port)
    {
        // socket(AF_INET, SOCK_STREAM), bind(('localhost', port)), listen(5)
        TcpServer server = TcpServer.Listen("localhost", port, new() { Backlog = 5 });
        Console.WriteLine($"TCP 服务器启动，等待连接... 端口:{server.Port}");
        return server;
    }

    public static void Run(TcpServer server)
    {
        while (true)
        {
            TcpConnection connection;
            try
            {
                // client_socket, client_address = server_socket.accept()
                connection = server.Accept();
            }
            catch (ObjectDisposedException)
            {
                // The server was closed by another thread. In Python accept would go on waiting.
                return;
            }

            using (connection)
            {
                Console.WriteLine($"接受来自 {connection.RemoteEndPoint} 的连接");
                try
                {
                    Answer(connection);
                    Console.WriteLine("客户端已断开连接");
                }
                catch (SocketException exception) when (exception.IsDisconnect())
                {
                    // A client that vanishes is no reason to end the server.
                    Console.WriteLine($"连接中断: {exception.Message}");
                }
            }
        }
    }

    private static void Answer(TcpConnection connection)
    {
        byte[] buffer = new byte[1024];
        char[] chars = new char[Encoding.UTF8.GetMaxCharCount(buffer.Length)];

        // recv(1024) may end in the middle of a UTF-8 character; data.decode('utf-8') would then fail, a bug of the tutorial.
        // The decoder keeps the first bytes of such a character until the next receive brings the others.
        Decoder decoder = Encoding.UTF8.GetDecoder();

        while (true)
        {
            // data = client_socket.recv(1024); if not data: break
            int n = connection.Receive(buffer);
            if (n == 0)
            {
                break;
            }

            string data = new(chars, 0, decoder.GetChars(buffer.AsSpan(0, n), chars, flush: false));
            if (data.Length == 0)
            {
                continue;
            }

            Console.WriteLine($"接收到来自客户端的数据: {data}");

            // The tutorial's text breaks off here; this is the answer of its UDP server. client_socket.send(...) may send only a part,
            // and the tutorial does not look at its result: its other bug. Send in blocking mode sends all of it, like sendall.
            connection.Send($"你好，客户端！你发送了：{data}");
        }
    }
}
