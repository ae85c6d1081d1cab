using System.Text;
using SocketKit;

// The basic server and client: one connection, one message each way.
//   dotnet run --project samples/Quickstart                            both sides here, on a free port
//   dotnet run --project samples/Quickstart -- server [port]           in one terminal (8080)
//   dotnet run --project samples/Quickstart -- client [host] [port]    in another one
Console.OutputEncoding = Encoding.UTF8;

return await Sample.RunAsync(
    args,
    defaultPort: 8080,
    both: PlayBothAsync,
    server: port => Task.Run(() => Serve(Listen(port))),
    client: (host, port) => Task.Run(() => Talk(host, port)));

static async Task PlayBothAsync()
{
    TcpServer server = Listen(0);
    int free = server.Port;
    Task serving = Task.Run(() => Serve(server));
    Talk("localhost", free);
    await serving;
}

static TcpServer Listen(int port)
{
    // socket(AF_INET, SOCK_STREAM), bind(('localhost', port)), listen(5): one call, and the object is ready.
    TcpServer server = TcpServer.Listen("localhost", port, new() { Backlog = 5 });
    Bilingual.WriteLine($"服务器正在监听... 端口:{server.Port}", $"The server is listening... port:{server.Port}");
    return server;
}

static void Serve(TcpServer listening)
{
    // close() is Dispose, and `using` calls it, also after an exception.
    using TcpServer server = listening;

    // client_socket, addr = server_socket.accept()
    using TcpConnection connection = server.Accept();
    Bilingual.WriteLine($"连接来自 {connection.RemoteEndPoint}", $"connection from {connection.RemoteEndPoint}");

    string data = ReceiveText(connection);
    Bilingual.WriteLine($"接收到的数据: {data}", $"received data: {data}");

    // client_socket.send("谢谢你!".encode('utf-8')). Python's send may take only a part, and the tutorial does not look: a bug.
    // Send in blocking mode sends all of it, like sendall.
    connection.Send("谢谢你!");
}

static void Talk(string host, int port)
{
    // socket(AF_INET, SOCK_STREAM), connect((host, port))
    using TcpClient client = TcpClient.Connect(host, port);

    client.Send("你好，服务器!");
    string data = ReceiveText(client);
    Bilingual.WriteLine($"接收到的数据: {data}", $"received data: {data}");
}

// recv(1024).decode('utf-8'), mended: TCP is a stream of bytes, so a receive may end in the middle of a character, and decode would fail.
// A Decoder keeps the first bytes of such a character; we go on until it is whole.
static string ReceiveText(TcpConnection connection)
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
