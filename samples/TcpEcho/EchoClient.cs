using System.Text;
using SocketKit;

/// <summary>Asks for lines, sends each one and prints the answer, until "exit" or the end of the input.</summary>
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
        // socket(AF_INET, SOCK_STREAM), connect((host, port)). The name may have several addresses; each is tried.
        using TcpClient client = TcpClient.Connect(host, port);
        Decoder decoder = Encoding.UTF8.GetDecoder();

        while (ask() is { } message && message != "exit")
        {
            // An empty message sends no byte, so no answer would come: the tutorial's client hangs here.
            if (message.Length == 0)
            {
                continue;
            }

            // client_socket.send(message.encode('utf-8')), but all of it.
            client.Send(message);

            string? data = ReceiveText(client, decoder);
            if (data is null)
            {
                Bilingual.WriteLine("服务器已关闭连接", "the server has closed the connection");
                break;
            }

            Bilingual.WriteLine($"接收到服务器的响应: {data}", $"received the server's response: {data}");
        }

        // client_socket.close() is what `using` does.
    }

    // data = client_socket.recv(1024).decode('utf-8'), mended: an answer may be longer than 1024 bytes, and a receive may end in the middle
    // of a character, whose first bytes the decoder keeps. Where an answer ends TCP does not say: a real protocol frames its messages.
    private static string? ReceiveText(TcpClient client, Decoder decoder)
    {
        byte[] buffer = new byte[1024];
        char[] chars = new char[Encoding.UTF8.GetMaxCharCount(buffer.Length)];
        var text = new StringBuilder();
        do
        {
            int n = client.Receive(buffer);
            if (n == 0)
            {
                return text.Length > 0 ? text.ToString() : null;
            }

            text.Append(chars, 0, decoder.GetChars(buffer.AsSpan(0, n), chars, flush: false));
        }
        while (client.Available > 0 || decoder.GetCharCount([], flush: true) > 0);

        return text.ToString();
    }
}
