using System.IO.Pipelines;
using System.Text;
using SocketKit;

// A connection as System.IO.Pipelines: a small text protocol, parsed in place, by code that knows no sockets.
//   dotnet run --project samples/KeyValueStore                       server and client here
//   dotnet run --project samples/KeyValueStore -- server 12345       then, in another terminal: nc localhost 12345
//   dotnet run --project samples/KeyValueStore -- client localhost 12345
const int DefaultPort = 12345;
const int Many = 1_000;

return await Sample.RunAsync(args, DefaultPort, BothAsync, ServeAsync, ClientAsync);

static async Task BothAsync()
{
    await using TcpServer server = TcpServer.Listen("localhost", 0);
    Task serving = server.ServeAsync(MakeHandler());
    await ClientAsync("localhost", server.Port);
    await server.StopAsync();
    await serving;
}

static async Task ServeAsync(int port)
{
    await using TcpServer server = TcpServer.Listen("localhost", port);
    Console.WriteLine($"[server] ends with Ctrl+C; listening on port {server.Port}");
    await server.ServeAsync(MakeHandler());
}

static Func<TcpConnection, CancellationToken, Task> MakeHandler()
{
    // One for all connections.
    var store = new Store();

    // Stopping ends a read that waits as soon as the server begins to stop. The OperationCanceledException may leave the handler.
    return (connection, _) => store.TalkAsync(connection.GetPipe(flushMode: FlushMode.EndOfTurn), connection.Stopping);
}

static async Task ClientAsync(string host, int port)
{
    await using TcpClient client = await TcpClient.ConnectAsync(host, port);
    IDuplexPipe pipe = client.GetPipe();
    using var answers = new StreamReader(pipe.Input.AsStream());
    foreach (string command in (string[])["SET colour dark blue", "GET colour", "DELETE colour", "GET colour", "PAINT it"])
    {
        Encoding.UTF8.GetBytes($"{command}\n", pipe.Output);
        await pipe.Output.FlushAsync();
        Console.WriteLine($"[client] {command} → {await answers.ReadLineAsync()}");
    }

    // Written into the pipe's own memory, and sent in one call. The server answers them all without being asked for each.
    for (int number = 0; number < Many; number++)
    {
        Encoding.UTF8.GetBytes($"SET key{number} {number * number}\nGET key{number}\n", pipe.Output);
    }

    await pipe.Output.FlushAsync();
    for (int number = 0; number < Many; number++)
    {
        Expect("STORED", await answers.ReadLineAsync());
        Expect($"VALUE {number * number}", await answers.ReadLineAsync());
    }

    Console.WriteLine($"[client] {2 * Many} commands in one call, {2 * Many} answers in order");

    // Half-closes: the server reads the end and finishes, too.
    await pipe.Output.CompleteAsync();
    Expect(null, await answers.ReadLineAsync());
}

static void Expect(string? expected, string? answer)
{
    if (answer != expected)
    {
        throw new InvalidDataException($"'{expected}' was expected, and '{answer}' came.");
    }
}
