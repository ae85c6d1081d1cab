using System.Globalization;
using System.Text;
using SocketKit;
using SocketError = System.Net.Sockets.SocketError;
using SocketException = System.Net.Sockets.SocketException;

// Non-blocking sockets: a call that would have to wait says so at once, by an exception or, in the Try… form, by its result.
//   dotnet run --project samples/NonBlocking                            both sides here, on a free port
//   dotnet run --project samples/NonBlocking -- server [port]           in one terminal (12345)
//   dotnet run --project samples/NonBlocking -- client [host] [port]    in another one
Console.OutputEncoding = Encoding.UTF8;

switch (args)
{
    case ["server", .. var rest]:
        TcpServer server = Listen(rest is [var port, ..] ? int.Parse(port, CultureInfo.InvariantCulture) : 12345);
        Serve(server, AcceptNow(server));
        break;

    case ["client", .. var rest]:
        Talk(rest is [var host, ..] ? host : "localhost", rest is [_, var to, ..] ? int.Parse(to, CultureInfo.InvariantCulture) : 12345);
        break;

    default:
        TcpServer both = Listen(0);
        int free = both.Port;
        TcpConnection? none = AcceptNow(both);
        Task serving = Task.Run(() => Serve(both, none));
        Talk("localhost", free);
        await serving;
        break;
}

static TcpServer Listen(int port)
{
    TcpServer server = TcpServer.Listen("localhost", port);
    Console.WriteLine($"[服务器] 正在监听... 端口:{server.Port}");
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
        Console.WriteLine("[服务器] Accept: 没有连接在等待 (WouldBlock)");
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
    Console.WriteLine($"[服务器] 连接来自 {connection.RemoteEndPoint}, Blocking = {connection.Blocking}");

    byte[] buffer = new byte[1024];
    connection.Receive(buffer);
    Console.WriteLine("[服务器] 客户端准备好了，发送数据");
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
        Console.WriteLine("[客户端] Receive: 还没有数据 (WouldBlock)");
    }

    // The same without an exception, and in every mode.
    Console.WriteLine($"[客户端] TryReceive: {client.TryReceive(buffer, out _)}");

    // In non-blocking mode Send may take only a part: look at the count. Five bytes always fit into an empty send buffer.
    client.Send("ready"u8);
    int n;
    while (!client.TryReceive(buffer, out n))
    {
        client.WaitReadable(TimeSpan.FromSeconds(5));
    }

    Console.WriteLine($"[客户端] 接收到的数据: {Encoding.UTF8.GetString(buffer, 0, n)}");

    // A server that serves until its client leaves ends now, too.
    client.ShutdownSend();

    // True and 0 bytes: the server has finished. That is not the same as false.
    while (!client.TryReceive(buffer, out n))
    {
        client.WaitReadable(TimeSpan.FromSeconds(5));
    }

    Console.WriteLine($"[客户端] TryReceive: True, {n} 字节 (服务器已结束)");
}
