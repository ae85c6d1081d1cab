using System.Text;
using SocketKit;

// The UDP example of the tutorial: a server that answers every datagram, and a client that asks for lines.
//   dotnet run --project samples/UdpEcho                            both sides here, on a free port, with two messages
//   dotnet run --project samples/UdpEcho -- server [port]           in one terminal (12345)
//   dotnet run --project samples/UdpEcho -- client [host] [port]    in another one
Console.OutputEncoding = Encoding.UTF8;

return await Sample.RunAsync(
    args,
    defaultPort: 12345,
    both: PlayBothAsync,
    server: port => Task.Run(() => EchoServer.Run(EchoServer.Bind(port))),
    client: (host, port) => Task.Run(() => EchoClient.Run(host, port, EchoClient.AskUser)));

static async Task PlayBothAsync()
{
    UdpEndpoint server = EchoServer.Bind(0);
    Task serving = Task.Run(() => EchoServer.Run(server));

    var script = new Queue<string>(["你好，服务器!", "第二条消息", "exit"]);
    EchoClient.Run("localhost", server.Port, () =>
    {
        Console.WriteLine(EchoClient.Prompt + script.Peek());
        return script.Dequeue();
    });

    // Closing the server ends its receive on the other thread.
    await server.DisposeAsync();
    await serving;
}
