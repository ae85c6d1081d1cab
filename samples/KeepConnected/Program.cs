using System.Text;
using SocketKit;

// A client that stays connected while its server goes away, comes back and talks nonsense.
//   dotnet run --project samples/KeepConnected
Console.OutputEncoding = Encoding.UTF8;
if (args.Length > 0)
{
    await Console.Error.WriteLineAsync("KeepConnected takes no arguments.");
    return 2;
}

// A real server has a port of its own.
int port = Sample.FindPort();
Task serving = PlayServerAsync(port);

// The token ends everything at once: a handler, a connect, or the wait before the next one. KeepConnectedAsync then just returns.
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    stop.Cancel();
};

var options = new TcpClientOptions
{
    // How long to wait before the next connect. These delays are short, so that the sample is; the defaults are 100 ms, growing to 30 s.
    // A run of the handler that lasted HealthyAfter, 10 s by default, makes the next delay the first one again.
    Retry = new RetryOptions { FirstDelay = TimeSpan.FromMilliseconds(20), MaxDelay = TimeSpan.FromMilliseconds(200) },

    // What the handler throws comes here and to the LoggerFactory, if there is one. It ends its own connection and nothing else.
    HandlerFailed = (_, exception) => Console.WriteLine($"[client] the handler failed: {exception.Message}"),

    // A handler that returns while the connection is healthy has done its work. Without this it would be run again.
    StopWhenHandled = true,
};

int run = 0;
await TcpClient.KeepConnectedAsync("localhost", port, HandleAsync, options, stop.Token);
Console.WriteLine($"[client] handled in run {run}");
await serving;
return 0;

// Runs once per connection, and never twice at the same time. The connection is closed when it returns.
async Task HandleAsync(TcpClient client, CancellationToken cancellationToken)
{
    Console.WriteLine($"[client] run {++run}: connected");
    using var lines = new StreamReader(client.GetStream(leaveOpen: true));
    while (await lines.ReadLineAsync(cancellationToken) is { } line)
    {
        Console.WriteLine($"[client] run {run}: {line}");
        if (line == "done")
        {
            return;
        }

        if (!line.StartsWith("tick", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"the server said \"{line}\"");
        }
    }

    // The server has closed the connection. That is no error: the handler returns, and is run again on the next connection.
    Console.WriteLine($"[client] run {run}: the server has gone");
}

static async Task PlayServerAsync(int port)
{
    await using (TcpServer first = TcpServer.Listen("localhost", port))
    await using (TcpConnection connection = await first.AcceptAsync())
    {
        await connection.SendAsync("tick 1\n");

        // The listener goes before the connection, so that the client's next connect is refused. It tries again, with a growing delay.
        await first.DisposeAsync();
    }

    Console.WriteLine("[server] gone");
    await Task.Delay(TimeSpan.FromMilliseconds(100));
    await using TcpServer second = TcpServer.Listen("localhost", port);
    Console.WriteLine("[server] back");
    await TalkAsync(second, "nonsense");
    await TalkAsync(second, "tick 2", "done");
}

static async Task TalkAsync(TcpServer server, params string[] lines)
{
    await using TcpConnection connection = await server.AcceptAsync();
    foreach (string line in lines)
    {
        await connection.SendAsync(line + "\n");
    }

    try
    {
        // 0 bytes: the client's handler has returned, and its connection was closed.
        await connection.ReceiveAsync(new byte[1]);
    }
    catch (SocketOperationException exception) when (exception.IsDisconnect())
    {
        // The client's handler has thrown, and its connection was aborted.
        Console.WriteLine("[server] the client has aborted the connection");
    }
}
