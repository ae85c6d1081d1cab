using System.Text;
using SocketKit;
using SocketException = System.Net.Sockets.SocketException;

// The address families: IPv4, IPv6, both on one socket, and Unix. What differs is how one listens; connections are used alike.
//   dotnet run --project samples/AddressFamilies                            all of them here, on free ports
//   dotnet run --project samples/AddressFamilies -- server [port]           a server for IPv4 and IPv6 clients (12345)
//   dotnet run --project samples/AddressFamilies -- client [host] [port]    a client of either family, as the host has it
Console.OutputEncoding = Encoding.UTF8;

return await Sample.RunAsync(
    args,
    defaultPort: 12345,
    both: () => Task.Run(PlayBoth),
    server: port => Task.Run(() => DualStack.Serve(port)),
    client: (host, port) => Task.Run(() => DualStack.Talk(host, port)));

static void PlayBoth()
{
    // AF_INET
    using (TcpServer server = TcpServer.Listen("127.0.0.1", 0))
    using (TcpClient client = TcpClient.Connect("127.0.0.1", server.Port))
    using (TcpConnection connection = server.Accept())
    {
        Greet("IPv4", "IPv4", client, connection);
    }

    // AF_INET6. Not every machine has it: containers often lack it.
    try
    {
        using TcpServer server = TcpServer.Listen("::1", 0);
        using TcpClient client = TcpClient.Connect("::1", server.Port);
        using TcpConnection connection = server.Accept();
        Greet("IPv6", "IPv6", client, connection);
    }
    catch (SocketException exception)
    {
        // No IPv6 here, which the sample shows instead of ending.
        Bilingual.WriteLine($"IPv6: 这台机器没有 ({exception.SocketErrorCode})", $"IPv6: not on this machine ({exception.SocketErrorCode})");
    }

    // Dual-stack: all addresses of both families on one socket, as socket.create_server(('', port), dualstack_ipv6=True).
    // Where there is no IPv6 it is IPv4 alone. An IPv4 client is shown as such, not as ::ffff:127.0.0.1.
    using (TcpServer server = TcpServer.Listen(0))
    {
        foreach (string host in new[] { "127.0.0.1", "::1" })
        {
            try
            {
                using TcpClient client = TcpClient.Connect(host, server.Port);
                using TcpConnection connection = server.Accept();
                Greet("双栈", "dual-stack", client, connection);
            }
            catch (SocketException exception)
            {
                // Where one family is missing, the other is still to be shown.
                Bilingual.WriteLine(
                    $"双栈: {host} 连接不上 ({exception.SocketErrorCode})",
                    $"dual-stack: {host} cannot be reached ({exception.SocketErrorCode})");
            }
        }
    }

    // AF_UNIX with a path: for processes of one machine. The file is readable by its owner only, and deleted with the server.
    string path = Path.Combine(Path.GetTempPath(), $"socketkit-{Environment.ProcessId}.sock");
    using (UnixServer server = UnixServer.Listen(path))
    using (UnixClient client = UnixClient.Connect(path))
    using (UnixConnection connection = server.Accept())
    {
        Greet($"Unix 路径 {path}", $"Unix path {path}", client, connection);
        if (OperatingSystem.IsLinux())
        {
            // Python: getsockopt(SOL_SOCKET, SO_PEERCRED, ...) and struct.unpack
            bool same = connection.PeerCredentials.ProcessId == Environment.ProcessId;
            Bilingual.WriteLine($"  对方进程就是自己: {same}", $"the peer is this process: {same}");
        }
    }

    Bilingual.WriteLine($"  文件还在: {File.Exists(path)}", $"the file still exists: {File.Exists(path)}");

    // AF_UNIX with an abstract name: it begins with a zero byte and needs no file. Linux only.
    if (OperatingSystem.IsLinux())
    {
        string name = $"\0socketkit-{Environment.ProcessId}";
        using UnixServer server = UnixServer.Listen(name);
        using UnixClient client = UnixClient.Connect(name);
        using UnixConnection connection = server.Accept();
        Greet("Unix 抽象名字", "Unix abstract name", client, connection);
    }
    else
    {
        Bilingual.WriteLine("Unix 抽象名字: 只有 Linux 有", "Unix abstract name: only Linux has them");
    }
}

// Every stream connection has the same calls, whatever its addresses are.
static void Greet(string chinese, string english, StreamConnection client, StreamConnection connection)
{
    client.Send("你好，服务器!");
    byte[] buffer = new byte[19];
    connection.ReceiveExactly(buffer);
    string data = Encoding.UTF8.GetString(buffer);
    Bilingual.WriteLine($"{chinese}: {connection} 接收到的数据: {data}", $"{english}: {connection} received data: {data}");
}
