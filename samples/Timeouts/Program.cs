using System.Text;
using SocketKit;
using SocketException = System.Net.Sockets.SocketException;

// Time-outs on receive, send, accept and connect. They are deadlines: a call ends by then, and the socket stays usable.
//   dotnet run --project samples/Timeouts                            both sides here, on free ports
//   dotnet run --project samples/Timeouts -- server [port]           a server that never answers (12345)
//   dotnet run --project samples/Timeouts -- client [host] [port]    a client that waits 5 s for it
Console.OutputEncoding = Encoding.UTF8;

return await Sample.RunAsync(
    args,
    defaultPort: 12345,
    both: async () =>
    {
        await Task.Run(PlayBoth);
        await PlayBothAsync();
    },
    server: port => Task.Run(() => ServeSilently(port)),
    client: (host, port) => Task.Run(() => WaitForAnswer(host, port)));

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
    string data = Encoding.UTF8.GetString(buffer, 0, client.Receive(buffer));
    Bilingual.WriteLine($"5 秒之内: {data}", $"within 5 s: {data}");

    // A receive that times out takes nothing.
    client.ReceiveTimeout = shortTime;
    Report("receive", () => client.Receive(buffer));
    connection.Send("迟到");
    data = Encoding.UTF8.GetString(buffer, 0, client.Receive(buffer));
    Bilingual.WriteLine($"超时之后连接仍可用: {data}", $"the connection is usable after a time-out: {data}");

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
        Bilingual.WriteLine("connect: 这个系统的队列更长，没有超时", "connect: the queue of this system is longer, no time-out");
    }
    catch (SocketConnectException exception) when (exception.IsTimeout())
    {
        // Expected: this is the time-out to be shown. Other failures end the sample.
        Bilingual.WriteLine($"connect 超时: {exception.Message}", "connect timed out");
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
        Bilingual.WriteLine($"ReceiveAsync 超时: {exception.Message}", "ReceiveAsync timed out");
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
        Bilingual.WriteLine(
            $"{what} 超时: {exception.Message} ({exception.BytesTransferred} 字节)",
            $"{what} timed out: {exception.BytesTransferred} bytes");
    }
}

static void ServeSilently(int port)
{
    // AcceptTimeout is the option; server.Timeout is the same and can be changed.
    using TcpServer server = TcpServer.Listen("localhost", port, new() { AcceptTimeout = TimeSpan.FromSeconds(5) });
    Bilingual.WriteLine($"服务器正在监听... 端口:{server.Port}", $"The server is listening... port:{server.Port}");
    byte[] buffer = new byte[1024];
    while (true)
    {
        try
        {
            using TcpConnection connection = server.Accept();
            Bilingual.WriteLine($"连接来自 {connection.RemoteEndPoint}, 不回答", $"connection from {connection.RemoteEndPoint}, no answer");
            while (connection.Receive(buffer) > 0)
            {
            }
        }
        catch (SocketTimeoutException)
        {
            // From Accept: nobody came. The listener is as good as before.
            Bilingual.WriteLine("5 秒内没有连接，继续等待", "no connection within 5 s, waiting on");
        }
        catch (SocketException exception) when (exception.IsDisconnect())
        {
            // This client is gone, which is no reason to stop serving others.
            Bilingual.WriteLine($"连接中断: {exception.Message}", "the connection broke");
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
    Report("receive", () =>
    {
        int n = client.Receive(buffer);
        Bilingual.WriteLine($"接收到 {n} 字节", $"received {n} bytes");
    });
}
