using System.Text;
using SocketKit;
using SocketException = System.Net.Sockets.SocketException;

/// <summary>Asks for lines, sends each one as a datagram and prints the answer, until "exit" or the end of the input.</summary>
internal static class EchoClient
{
    public const string Prompt = "请输入要发送的消息 (输入 'exit' 退出): ";

    /// <summary>message = input(...). Null at the end of the input, where Python throws EOFError.</summary>
    public static string? AskUser()
    {
        Console.Write(Prompt);
        return Console.ReadLine();
    }

    public static int Run(string host, int port, Func<string?> ask)
    {
        try
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
                    Console.WriteLine($"接收到服务器的响应: {Encoding.UTF8.GetString(buffer, 0, datagram.Length)}");
                }
                catch (SocketTimeoutException)
                {
                    // Nobody repeats a datagram that was lost; the user may type the next.
                    Console.WriteLine("5 秒内没有响应: 数据报可能丢失了");
                }
            }

            // client_socket.close() is what `using` does.
            return 0;
        }
        catch (SocketException exception)
        {
            // The message names the operation, both endpoints and the reason.
            Console.Error.WriteLine(exception.Message);
            return 1;
        }
    }
}
