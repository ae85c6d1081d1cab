using System.Text;
using SocketKit;
using SocketException = System.Net.Sockets.SocketException;

// s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1): what it does and what it does not.
//   dotnet run --project samples/SocketOptions                            both sides here, on free ports, and other options
//   dotnet run --project samples/SocketOptions -- server [port]           a server that serves one client and restarts (12345)
//   dotnet run --project samples/SocketOptions -- client [host] [port]    in another terminal
Console.OutputEncoding = Encoding.UTF8;

return await Sample.RunAsync(
    args,
    defaultPort: 12345,
    both: () => Task.Run(PlayBoth),
    server: port => Task.Run(() => Serve(port)),
    client: (host, port) => Task.Run(() => Talk(host, port)));

static void PlayBoth()
{
    // A server ends one connection and stops. Who closes first keeps the connection in TIME_WAIT for a minute, here on the server's port.
    int port;
    using (TcpServer server = Listen(0))
    {
        port = server.Port;
        using TcpClient client = TcpClient.Connect("localhost", port);
        server.Accept().Dispose();
        client.Receive(new byte[1]);
    }

    using TcpServer restarted = Restart(port);

    // It does not let a second server listen on the same port while the first one does.
    Try(
        "第二个监听者, ReuseAddress = true",
        "a second listener, ReuseAddress = true",
        () => TcpServer.Listen("localhost", port, new() { ReuseAddress = true }).Dispose());

    // That is SO_REUSEPORT, and both have to ask for it: the kernel then spreads the connections over them. Windows does not have it.
    if (!OperatingSystem.IsWindows())
    {
        using TcpServer one = TcpServer.Listen("localhost", 0, new() { ReusePort = true });
        using TcpServer two = TcpServer.Listen("localhost", one.Port, new() { ReusePort = true });
        Bilingual.WriteLine(
            $"第二个监听者, 两者 ReusePort = true: 成功，端口:{two.Port}",
            $"a second listener, ReusePort = true on both: succeeds, port:{two.Port}");
    }

    // Other options have names, too. setsockopt(IPPROTO_TCP, TCP_NODELAY, 1) and setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1):
    using TcpClient tuned = TcpClient.Connect("localhost", port, new() { KeepAlive = TcpKeepAlive.Default, SendBufferSize = 65_536 });
    Console.WriteLine($"NoDelay = {tuned.NoDelay}, KeepAlive = {tuned.KeepAlive}, SendBufferSize = {tuned.Socket.SendBufferSize}");
}

static void Serve(int port)
{
    using (TcpServer server = Listen(port))
    {
        port = server.Port;
        using TcpConnection connection = server.Accept();
        Bilingual.WriteLine($"连接来自 {connection.RemoteEndPoint}", $"connection from {connection.RemoteEndPoint}");
        string data = ReceiveText(connection);
        Bilingual.WriteLine($"接收到的数据: {data}", $"received data: {data}");

        // The server closes right after its answer, so it is the first: TIME_WAIT is on its side.
        connection.Send("谢谢你!");
    }

    Restart(port).Dispose();
}

static void Talk(string host, int port)
{
    using TcpClient client = TcpClient.Connect(host, port);
    client.Send("你好，服务器!");
    string data = ReceiveText(client);
    Bilingual.WriteLine($"接收到的数据: {data}", $"received data: {data}");
}

static TcpServer Listen(int port)
{
    TcpServer server = TcpServer.Listen("localhost", port, new() { ReuseAddress = true });
    Bilingual.WriteLine($"服务器启动，端口:{server.Port}", $"The server has started, port:{server.Port}");
    return server;
}

static TcpServer Restart(int port)
{
    Bilingual.WriteLine("服务器停止，它关闭的连接还在 TIME_WAIT", "The server stops; the connection that it closed is still in TIME_WAIT");

    // Without SO_REUSEADDR, Python's default, that port stays taken until TIME_WAIT is over. (Windows lets us in: there the option is not
    // needed.)
    Try(
        "重启, ReuseAddress = false",
        "restart, ReuseAddress = false",
        () => TcpServer.Listen("localhost", port, new() { ReuseAddress = false }).Dispose());

    // With it a server restarts at once. It is the default here, and means SO_REUSEADDR and nothing else.
    TcpServer restarted = TcpServer.Listen("localhost", port, new() { ReuseAddress = true });
    Bilingual.WriteLine(
        $"重启, ReuseAddress = true: 成功，端口:{restarted.Port}",
        $"restart, ReuseAddress = true: succeeds, port:{restarted.Port}");
    return restarted;
}

static void Try(string chinese, string english, Action listen)
{
    try
    {
        listen();
        Bilingual.WriteLine($"{chinese}: 成功", $"{english}: succeeds");
    }
    catch (SocketException exception)
    {
        // Python: OSError with errno EADDRINUSE
        Bilingual.WriteLine($"{chinese}: 被拒绝 ({exception.SocketErrorCode})", $"{english}: refused ({exception.SocketErrorCode})");
    }
}

// recv(1024).decode('utf-8'), mended: a receive may end in the middle of a character, whose first bytes the decoder keeps.
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
