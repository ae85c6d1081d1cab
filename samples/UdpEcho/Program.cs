using System.Globalization;
using System.Text;
using SocketKit;

// The UDP example of the tutorial: a server that answers every datagram, and a client that asks for lines.
//   dotnet run --project samples/UdpEcho                            both sides here, on a free port, with two messages
//   dotnet run --project samples/UdpEcho -- server [port]           in one terminal (12345)
//   dotnet run --project samples/UdpEcho -- client [host] [port]    in another one
Console.OutputEncoding = Encoding.UTF8;

switch (args)
{
    case ["server", .. var rest]:
        using (UdpEndpoint server = EchoServer.Bind(rest is [var port, ..] ? int.Parse(port, CultureInfo.InvariantCulture) : 12345))
        {
            EchoServer.Run(server);
        }

        return 0;

    case ["client", .. var rest]:
        string host = rest is [var name, ..] ? name : "localhost";
        return EchoClient.Run(host, rest is [_, var to, ..] ? int.Parse(to, CultureInfo.InvariantCulture) : 12345, EchoClient.AskUser);

    default:
        UdpEndpoint echo = EchoServer.Bind(0);
        Task serving = Task.Run(() => EchoServer.Run(echo));

        var script = new Queue<string>(["你好，服务器!", "第二条消息", "exit"]);
        int exitCode = EchoClient.Run("localhost", echo.Port, () =>
        {
            Console.WriteLine(EchoClient.Prompt + script.Peek());
            return script.Dequeue();
        });

        // Closing the server ends its receive on the other thread.
        await echo.DisposeAsync();
        await serving;
        return exitCode;
}
