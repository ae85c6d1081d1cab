using System.Globalization;
using System.Text;
using SocketKit;

// Time-outs on receive, send, accept and connect. They are deadlines: a call ends by then, and the socket stays usable.
//   dotnet run --project samples/Timeouts                            both sides here, on free ports
//   dotnet run --project samples/Timeouts -- server [port]           a server that never answers (12345)
//   dotnet run --project samples/Timeouts -- client [host] [port]    a client that waits 5 s for it
Console.OutputEncoding = Encoding.UTF8;

switch (args)
{
    case ["server", .. var rest]:
        ServeSilently(rest is [var port, ..] ? int.Parse(port, CultureInfo.InvariantCulture) : 12345);
        break;

    case ["client", .. var rest]:
        WaitForAnswer(
            rest is [var host, ..] ? host : "localhost", rest is [_, var to, ..] ? int.Parse(to, CultureInfo.InvariantCulture) : 12345);
        break;

    default:
        PlayBoth();
        await PlayBothAsync();
        break;
}

static void PlayBoth()
{
    TimeSpan shortTime = TimeSpan.FromMilliseconds(200);
    byte[] buffer = new byte[1024];
    using TcpServer server = TcpServer.Listen("localhost", 0);

    // accept: on a server, Timeout is how long Accept waits.
    server.Timeout = shortTime;
    Report("accept", () => server.Accept().Dispose());

    using TcpClient client = TcpClient.Connect("localhost", server.Port);
    using TcpConnection connection = server.Accept();

    // s.settimeout(5.0): what comes within 5 seconds comes as if there were no time-out.
    client.Timeout = TimeSpan.FromSeconds(5);
    connection.Send("及时");
    Console.WriteLine($"5 秒之内: {Encoding.UTF8.GetString(buffer, 0, client.Receive(buffer))}");

    // A receive that times out takes nothing.
    client.ReceiveTimeout = shortTime;
    Report("receive", () => client.Receive(buffer));
    connection.Send("迟到");
    Console.WriteLine($"超时之后连接仍可用: {Encoding.UTF8.GetString(buffer, 0, client.Receive(buffer))}");

    // One deadline for the whole Send. The peer does not read, so the kernel's buffers fill; BytesTransferred says how much it took.
    client.SendTimeout = shortTime;
    Report("send", () => client.Send(new byte[64 << 20]));
    client.Abort();

    // A server whose queue is full does not answer: with a backlog of 0 one connection fills it. ConnectTimeout covers name look-up, too.
    using TcpServer full = TcpServer.Listen("localhost", 0, new() { Backlog = 0 });
    using TcpClient first = TcpClient.Connect("localhost", full.Port);
    try
    {
        using TcpClient second = TcpClient.Connect("127.0.0.1", full.Port, new() { ConnectTimeout = shortTime });
        Console.WriteLine("connect: 这个系统的队列更长，没有超时");
    }
    catch (SocketConnectException exception) when (exception.IsTimeout())
    {
        // Expected: this is the time-out to be shown. Other failures end the sample.
        Console.WriteLine($"connect 超时: {exception.Message}");
    }
}

static async Task PlayBothAsync()
{
    // The same rule for calls that do not block a thread. asyncio.wait_for(...) would cancel the read; here it just ends.
    await using TcpServer server = TcpServer.Listen("localhost", 0);
    await using TcpClient client = await TcpClient.ConnectAsync("localhost", server.Port);
    client.Timeout = TimeSpan.FromMilliseconds(200);
    try
    {
        await client.ReceiveAsync(new byte[1024]);
    }
    catch (SocketTimeoutException exception)
    {
        // Expected: the peer sends nothing. The connection stays usable.
        Console.WriteLine($"ReceiveAsync 超时: {exception.Message}");
    }
}

static void Report(string what, Action call)
{
    try
    {
        call();
    }
    catch (SocketTimeoutException exception)
    {
        // Python: TimeoutError. The message names the operation and both endpoints.
        Console.WriteLine($"{what} 超时: {exception.Message} ({exception.BytesTransferred} 字节)");
    }
}

static void ServeSilently(int port)
{
    // AcceptTimeout is the option; server.Timeout is the same and can be changed.
    using TcpServer server = TcpServer.Listen("localhost", port, new() { AcceptTimeout = TimeSpan.FromSeconds(5) });
    Console.WriteLine($"服务器正在监听... 端口:{server.Port}");
    byte[] buffer = new byte[1024];
    while (true)
    {
        try
        {
            using TcpConnection connection = server.Accept();
            Console.WriteLine($"连接来自 {connection.RemoteEndPoint}, 不回答");
            while (connection.Receive(buffer) > 0)
            {
            }
        }
        catch (SocketTimeoutException)
        {
            // From Accept: nobody came. The listener is as good as before.
            Console.WriteLine("5 秒内没有连接，继续等待");
        }
        catch (System.Net.Sockets.SocketException exception) when (exception.IsDisconnect())
        {
            // This client is gone, which is no reason to stop serving others.
            Console.WriteLine($"连接中断: {exception.Message}");
        }
    }
}

static void WaitForAnswer(string host, int port)
{
    // socket.create_connection((host, port), timeout=5)
    using TcpClient client = TcpClient.Connect(host, port, new() { ConnectTimeout = TimeSpan.FromSeconds(5) });

    // s.settimeout(5.0)
    client.Timeout = TimeSpan.FromSeconds(5);
    client.Send("你好，服务器!");
    byte[] buffer = new byte[1024];
    Report("receive", () => Console.WriteLine($"接收到 {client.Receive(buffer)} 字节"));
}
