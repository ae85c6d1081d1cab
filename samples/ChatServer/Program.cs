using SocketKit;

// A chat of lines: everybody hears everybody, and a reader that does not read is cut without the others noticing.
//   dotnet run --project samples/ChatServer                   a server and fifty guests here
//   dotnet run --project samples/ChatServer -- serve 12345    a server; talk to it with: nc localhost 12345
const int WrongUsage = 2;

switch (args)
{
    case []:
        await Demo.RunAsync();
        return 0;

    case ["serve", var text] when Sample.TryPort(text, least: 0, out int port):
        return await Sample.GuardAsync(() => ServeAsync(port));

    default:
        await Console.Error.WriteLineAsync("usage: ChatServer [serve PORT]. A port is 0 to 65535; 0 is any free one.");
        return WrongUsage;
}

static async Task ServeAsync(int port)
{
    await using TcpServer server = TcpServer.Listen("localhost", port);
    Console.WriteLine($"[server] ends with Ctrl+C; listening on port {server.Port}");
    await server.ServeAsync(new Room().HandleAsync);
}
