using System.Net;
using System.Text;
using SocketKit;
using AddressFamily = System.Net.Sockets.AddressFamily;
using SocketException = System.Net.Sockets.SocketException;

/// <summary>A server for clients of both families on one socket, and a client that takes the family that leads to its host.</summary>
internal static class DualStack
{
    public static void Serve(int port)
    {
        // socket.create_server(('', port), dualstack_ipv6=True). Whoever can reach this machine can reach the port.
        using TcpServer server = TcpServer.Listen(port);
        IPAddress address = server.LocalEndPoint.Address;
        Bilingual.WriteLine(
            $"双栈服务器正在监听 {address}... 端口:{server.Port}",
            $"The dual-stack server is listening on {address}... port:{server.Port}");
        while (true)
        {
            using TcpConnection connection = server.Accept();
            try
            {
                Answer(connection);
            }
            catch (SocketException exception) when (exception.IsDisconnect())
            {
                Bilingual.WriteLine($"连接中断: {exception.Message}", "the connection broke");
            }
        }
    }

    public static void Talk(string host, int port)
    {
        // A name may have addresses of both families: all are tried, IPv6 first, and the first that answers is taken.
        using TcpClient client = TcpClient.Connect(host, port);
        string family = FamilyOf(client);
        Bilingual.WriteLine($"经由 {family} 连接到 {client.RemoteEndPoint}", $"connected to {client.RemoteEndPoint} over {family}");

        client.Send("你好，服务器!");
        string data = ReceiveText(client);
        Bilingual.WriteLine($"接收到的数据: {data}", $"received data: {data}");
    }

    private static void Answer(TcpConnection connection)
    {
        // Python shows an IPv4 client of such a server as ::ffff:127.0.0.1; here it has its IPv4 address.
        string family = FamilyOf(connection);
        Bilingual.WriteLine($"{family} 客户端来自 {connection.RemoteEndPoint}", $"{family} client from {connection.RemoteEndPoint}");
        string data = ReceiveText(connection);
        Bilingual.WriteLine($"接收到的数据: {data}", $"received data: {data}");
        connection.Send($"你好，{family} 客户端！");
    }

    private static string FamilyOf(TcpConnection connection) =>
        connection.RemoteEndPoint.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";

    // recv(1024).decode('utf-8'), mended: a receive may end in the middle of a character, whose first bytes the decoder keeps.
    private static string ReceiveText(TcpConnection connection)
    {
        Decoder decoder = Encoding.UTF8.GetDecoder();
        byte[] buffer = new byte[1024];
        char[] chars = new char[Encoding.UTF8.GetMaxCharCount(buffer.Length)];
        var text = new StringBuilder();
        int n;
        do
        {
            n = connection.Receive(buffer);
            text.Append(chars, 0, decoder.GetChars(buffer.AsSpan(0, n), chars, flush: n == 0));
        }
        while (n > 0 && decoder.GetCharCount([], flush: true) > 0);

        return text.ToString();
    }
}
