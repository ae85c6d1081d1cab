using System.Buffers;
using System.Text;
using SocketKit;
using SocketKit.Framing;

// Messages with their length in front: four bytes, the highest first, as Python's struct packs with '>I'.
//   dotnet run --project samples/LengthPrefixed                       server and client here
//   dotnet run --project samples/LengthPrefixed -- server 12345       then, in another terminal, either of
//   dotnet run --project samples/LengthPrefixed -- client localhost 12345
//   python3 samples/LengthPrefixed/client.py localhost 12345
const int DefaultPort = 12345;
const int MaxMessageSize = 64 * 1024;

return await Sample.RunAsync(args, DefaultPort, BothAsync, ServeAsync, ClientAsync);

static async Task BothAsync()
{
    await using TcpServer server = TcpServer.Listen("localhost", 0);
    Task serving = server.ServeAsync(HandleAsync);
    await ClientAsync("localhost", server.Port);

    // The handler waits between two messages, so it ends at once.
    await server.StopAsync();
    await serving;
}

static async Task ServeAsync(int port)
{
    await using TcpServer server = TcpServer.Listen("localhost", port);
    Console.WriteLine($"[server] ends with Ctrl+C; listening on port {server.Port}");
    await server.ServeAsync(HandleAsync);
}

// One handler per connection. What the peer does wrong ends its own connection only: a length above the limit, or an end in mid-message.
static async Task HandleAsync(TcpConnection connection, CancellationToken ending)
{
    MessageChannel messages = connection.GetMessages(MessageFraming.LengthPrefix(), new MessageOptions { MaxMessageSize = MaxMessageSize });
    while (await messages.ReceiveAsync(ending) is { } message)
    {
        // The message lies in the channel's memory until the next receive. TrySend copies the answer; many answers leave in one call.
        string text = Encoding.UTF8.GetString(message);
        Console.WriteLine($"[server] {message.Length} bytes: {text}");
        byte[] answer = Encoding.UTF8.GetBytes(text.ToUpperInvariant());
        if (answer.Length > MaxMessageSize || !messages.TrySend(answer))
        {
            // The limit is for both directions, and bytes that are no UTF-8 become three each. Or the peer asks and does not read. Leaving
            // the handler ends its connection.
            return;
        }
    }

    Console.WriteLine("[server] the client has finished");
}

static async Task ClientAsync(string host, int port)
{
    TcpClient client = await TcpClient.ConnectAsync(host, port);
    await using MessageChannel messages = client.GetMessages(MessageFraming.LengthPrefix());

    // Three messages in one call to the kernel. The framing keeps them apart, also an empty one and one with line feeds.
    string[] texts = ["hello", string.Empty, "two\nlines"];
    foreach (string text in texts)
    {
        messages.TrySend(Encoding.UTF8.GetBytes(text));
    }

    foreach (string text in texts)
    {
        ReadOnlySequence<byte> answer = await messages.ReceiveAsync()
            ?? throw new InvalidOperationException("The server has finished.");
        Console.WriteLine($"[client] '{text.ReplaceLineEndings("\\n")}' → '{Encoding.UTF8.GetString(answer).ReplaceLineEndings("\\n")}'");
    }
}
