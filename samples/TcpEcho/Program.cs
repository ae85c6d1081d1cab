using System.Text;
using SocketKit;

// The TCP example of the tutorial: a server that answers every message, and a client that asks for lines.
//   dotnet run --project samples/TcpEcho                            both sides here, on a free port, with two messages
//   dotnet run --project samples/TcpEcho -- server [port]           in one terminal (12345)
//   dotnet run --project samples/TcpEcho -- client [host] [port]    in another one
Console.OutputEncoding = Encoding.UTF8;

return await Sample.RunAsync(
    args,
    defaultPort: 12345,
    both: PlayBothAsync,
    server: port => EchoServer.RunAsync(EchoServer.Listen(port)),
    client: (host, port) => Task.Run(() => EchoClient.Run(host, port, EchoClient.AskUser)));

static async Task PlayBothAsync()
{
    TcpServer server = EchoServer.Listen(0);
    int free = server.Port;
    Task serving = EchoServer.RunAsync(server);

    var script = new Queue<string>(["你好，服务器!", "第二条消息", "exit"]);
    await Task.Run(() => EchoClient.Run("localhost", free, () =>
    {
        Console.WriteLine(EchoClient.Prompt + script.Peek());
        return script.Dequeue();
    }));

    // Closes the listener, and waits until the server has seen that its client has left.
    await server.StopAsync();
    await serving;
}
