using System.Text;
using SocketKit;
using SocketException = System.Net.Sockets.SocketException;

// s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1): what it does and what it does not.
//   dotnet run --project samples/SocketOptions
Console.OutputEncoding = Encoding.UTF8;

// A server ends one connection and stops. Who closes first keeps the connection in TIME_WAIT for a minute, here on the server's port.
int port;
using (TcpServer server = TcpServer.Listen("localhost", 0))
{
    port = server.Port;
    Console.WriteLine($"服务器启动，端口:{port}");
    using TcpClient client = TcpClient.Connect("localhost", port);
    server.Accept().Dispose();
    client.Receive(new byte[1]);
}

Console.WriteLine("服务器停止，它关闭的连接还在 TIME_WAIT");

// Without SO_REUSEADDR, Python's default, that port stays taken until TIME_WAIT is over. (Windows lets us in: there the option is not needed.)
Try("重启, ReuseAddress = false", () => TcpServer.Listen("localhost", port, new() { ReuseAddress = false }).Dispose());

// With it a server restarts at once. It is the default here, and means SO_REUSEADDR and nothing else.
using TcpServer restarted = TcpServer.Listen("localhost", port, new() { ReuseAddress = true });
Console.WriteLine($"重启, ReuseAddress = true: 成功，端口:{restarted.Port}");

// It does not let a second server listen on the same port while the first one does.
Try("第二个监听者, ReuseAddress = true", () => TcpServer.Listen("localhost", port, new() { ReuseAddress = true }).Dispose());

// That is SO_REUSEPORT, and both have to ask for it: the kernel then spreads the connections over them. Windows does not have it.
if (!OperatingSystem.IsWindows())
{
    using TcpServer one = TcpServer.Listen("localhost", 0, new() { ReusePort = true });
    using TcpServer two = TcpServer.Listen("localhost", one.Port, new() { ReusePort = true });
    Console.WriteLine($"第二个监听者, 两者 ReusePort = true: 成功，端口:{two.Port}");
}

// Other options have names, too. setsockopt(IPPROTO_TCP, TCP_NODELAY, 1) and setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1):
using TcpClient tuned = TcpClient.Connect("localhost", port, new() { KeepAlive = TcpKeepAlive.Default, SendBufferSize = 65_536 });
Console.WriteLine($"NoDelay = {tuned.NoDelay}, KeepAlive = {tuned.KeepAlive}, SendBufferSize = {tuned.Socket.SendBufferSize}");

static void Try(string what, Action listen)
{
    try
    {
        listen();
        Console.WriteLine($"{what}: 成功");
    }
    catch (SocketException exception)
    {
        // Python: OSError with errno EADDRINUSE
        Console.WriteLine($"{what}: 被拒绝 ({exception.SocketErrorCode})");
    }
}
