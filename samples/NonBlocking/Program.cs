using System.Text;
using SocketKit;
using SocketError = System.Net.Sockets.SocketError;
using SocketException = System.Net.Sockets.SocketException;

// Non-blocking sockets: a call that would have to wait says so at once, by an exception or, in the Try… form, by its result.
//   dotnet run --project samples/NonBlocking                            both sides here, on a free port
//   dotnet run --project samples/NonBlocking -- server [port]           in one terminal (12345)
//   dotnet run --project samples/NonBlocking -- client [host] [port]    in another one
Console.OutputEncoding = Encoding.UTF8;

return await Sample.RunAsync(
    args,
    defaultPort: 12345,
    both: PlayBothAsync,
    server: port => Task.Run(() => ListenAndServe(port)),
    client: (host, port) => Task.Run(() => Talk(host, port)));

static async Task PlayBothAsync()
{
    TcpServer server = Listen(0);
    int free = server.Port;
    TcpConnection? none = AcceptNow(server);
    Task serving = Task.Run(() => Serve(server, none));
    Talk("localhost", free);
    await serving;
}

static void ListenAndServe(int port)
{
    TcpServer server = Listen(port);
    Serve(server, AcceptNow(server));
}

static TcpServer Listen(int port)
{
    TcpServer server = TcpServer.Listen("localhost", port);
    Bilingual.WriteLine($"[服务器] 正在监听... 端口:{server.Port}", $"[server] listening... port:{server.Port}");
    return server;
}

static TcpConnection? AcceptNow(TcpServer server)
{
    // s.setblocking(False)
    server.Blocking = false;
    try
    {
        return server.Accept();
    }
    catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
    {
        // Python: BlockingIOError
        Bilingual.WriteLine("[服务器] Accept: 没有连接在等待 (WouldBlock)", "[server] Accept: no connection is waiting (WouldBlock)");
        return null;
    }
}

static void Serve(TcpServer listening, TcpConnection? accepted)
{
    using TcpServer server = listening;

    // select([s], [], [], 5) and then accept. False is not an error: between two looks the program does something else.
    while (accepted is null && !server.TryAccept(out accepted))
    {
        server.WaitReadable(TimeSpan.FromSeconds(5));
    }

    // An accepted connection is blocking unless the server's options say otherwise, whatever the server's own mode is.
    using TcpConnection connection = accepted;
    Bilingual.WriteLine(
        $"[服务器] 连接来自 {connection.RemoteEndPoint}, Blocking = {connection.Blocking}",
        $"[server] connection from {connection.RemoteEndPoint}, Blocking = {connection.Blocking}");

    byte[] buffer = new byte[1024];
    connection.Receive(buffer);
    Bilingual.WriteLine("[服务器] 客户端准备好了，发送数据", "[server] the client is ready, sending data");
    connection.Send("数据来了!");
}

static void Talk(string host, int port)
{
    using TcpClient client = TcpClient.Connect(host, port);
    byte[] buffer = new byte[1024];

    // s.setblocking(False)
    client.Blocking = false;
    try
    {
        client.Receive(buffer);
    }
    catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
    {
        // Expected: the server has not sent anything yet. Python: BlockingIOError.
        Bilingual.WriteLine("[客户端] Receive: 还没有数据 (WouldBlock)", "[client] Receive: no data yet (WouldBlock)");
    }

    // The same without an exception, and in every mode.
    bool received = client.TryReceive(buffer, out _);
    Bilingual.WriteLine($"[客户端] TryReceive: {received}", $"[client] TryReceive: {received}");

    // In non-blocking mode Send may take only a part: look at the count. Five bytes always fit into an empty send buffer.
    client.Send("ready"u8);
    int n;
    while (!client.TryReceive(buffer, out n))
    {
        client.WaitReadable(TimeSpan.FromSeconds(5));
    }

    string data = Encoding.UTF8.GetString(buffer, 0, n);
    Bilingual.WriteLine($"[客户端] 接收到的数据: {data}", $"[client] received data: {data}");

    // A server that serves until its client leaves ends now, too.
    client.ShutdownSend();

    // True and 0 bytes: the server has finished. That is not the same as false.
    while (!client.TryReceive(buffer, out n))
    {
        client.WaitReadable(TimeSpan.FromSeconds(5));
    }

    Bilingual.WriteLine(
        $"[客户端] TryReceive: True, {n} 字节 (服务器已结束)",
        $"[client] TryReceive: True, {n} bytes (the server has finished)");
}
