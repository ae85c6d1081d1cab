using System.Text;
using SocketKit;

// The life of a socket, step by step: create, bind, listen, accept, transfer, half-close, close.
//   dotnet run --project samples/Lifecycle                            both sides here, on a free port
//   dotnet run --project samples/Lifecycle -- server [port]           in one terminal (12345)
//   dotnet run --project samples/Lifecycle -- client [host] [port]    in another one
Console.OutputEncoding = Encoding.UTF8;

return await Sample.RunAsync(
    args,
    defaultPort: 12345,
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
    // 1 socket(), 2 bind(), 3 listen(). There is no object between these steps that could be used by mistake.
    TcpServer server = TcpServer.Listen("localhost", port);
    Bilingual.WriteLine(
        $"[服务器] 1 创建, 2 绑定, 3 监听: {server} 端口:{server.Port}",
        $"[server] 1 create, 2 bind, 3 listen: {server} port:{server.Port}");
    return server;
}

static void Serve(TcpServer server)
{
    // 4 accept(): a new socket for one client; the listening one goes on listening.
    TcpConnection connection = server.Accept();
    Bilingual.WriteLine($"[服务器] 4 接受连接: {connection}", $"[server] 4 accept: {connection}");

    // 5 recv() and send(), until recv() gives nothing: the client has finished sending, but may still listen.
    byte[] buffer = new byte[1024];
    int n, total = 0;
    while ((n = connection.Receive(buffer)) > 0)
    {
        total += n;
        connection.Send($"收到 {total} 字节");
    }

    Bilingual.WriteLine(
        $"[服务器] 5 数据传输: 收到 {total} 字节, 然后 Receive 返回 0 ({connection.CloseReason})",
        $"[server] 5 transfer: received {total} bytes, then Receive returns 0 ({connection.CloseReason})");

    // 6 close(): both objects. Here line by line; `using` does it on every way out.
    Bilingual.WriteLine("[服务器] 6 关闭", "[server] 6 close");
    connection.Dispose();
    server.Dispose();
}

static void Talk(string host, int port)
{
    // 1 socket() and connect(). The system chooses the local port.
    TcpClient client = TcpClient.Connect(host, port);
    Bilingual.WriteLine($"[客户端] 1 创建并连接: {client}", $"[client] 1 create and connect: {client}");

    // 5 send() and 5' shutdown(SHUT_WR), the half-close: no more from us, but we go on reading.
    int sent = client.Send("你好，服务器!");
    Bilingual.WriteLine(
        $"[客户端] 5 数据传输: 发送 {sent} 字节, 然后 ShutdownSend",
        $"[client] 5 transfer: sent {sent} bytes, then ShutdownSend");
    client.ShutdownSend();

    byte[] answer = new byte[64];
    int n, length = 0;
    while (length < answer.Length && (n = client.Receive(answer.AsSpan(length))) > 0)
    {
        length += n;
    }

    string data = Encoding.UTF8.GetString(answer, 0, length);
    Bilingual.WriteLine($"[客户端] 5 数据传输: 接收到的数据: {data}", $"[client] 5 transfer: received data: {data}");

    // 6 close(). The addresses stay readable; every other call now throws ObjectDisposedException.
    client.Dispose();
    Bilingual.WriteLine($"[客户端] 6 关闭: {client}", $"[client] 6 close: {client}");
}
