using System.Text;
using SocketKit;

/// <summary>Asks for lines, sends each one as a datagram and prints the answer, until "exit" or the end of the input.</summary>
internal static class EchoClient
{
    public static string Prompt { get; } =
        Bilingual.Text("请输入要发送的消息 (输入 'exit' 退出):", "enter a message to send, 'exit' to leave:") + " ";

    /// <summary>message = input(...). Null at the end of the input, where Python throws EOFError.</summary>
    public static string? AskUser()
    {
        Console.Write(Prompt);
        return Console.ReadLine();
    }

    public static void Run(string host, int port, Func<string?> ask)
    {
        // socket(AF_INET, SOCK_DGRAM), connect((host, port)): nothing is sent, the endpoint just remembers its peer, and so learns that
        // nobody is there. The tutorial's client without connect would be UdpEndpoint.Bind(0), SendTo and ReceiveFrom.
        using UdpEndpoint client = UdpEndpoint.Connect(host, port);

        // client_socket.settimeout(5.0). A datagram may get lost: without this the tutorial's client would then wait for ever.
        client.Timeout = TimeSpan.FromSeconds(5);
        byte[] buffer = new byte[65_535];

        while (ask() is { } message && message != "exit")
        {
            // client_socket.sendto(message.encode('utf-8'), server_address)
            client.Send(Encoding.UTF8.GetBytes(message));
            try
            {
                // data, server_address = client_socket.recvfrom(1024)
                ReceivedDatagram datagram = client.Receive(buffer);
                string data = Encoding.UTF8.GetString(buffer, 0, datagram.Length);
                Bilingual.WriteLine($"接收到服务器的响应: {data}", $"received the server's response: {data}");
            }
            catch (SocketTimeoutException)
            {
                // Nobody repeats a datagram that was lost; the user may type the next.
                Bilingual.WriteLine("5 秒内没有响应: 数据报可能丢失了", "no response within 5 s: a datagram may have got lost");
            }
        }

        // client_socket.close() is what `using` does.
    }
}
