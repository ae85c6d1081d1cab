using System.Security.Cryptography.X509Certificates;
using SocketKit;
using SocketKit.Framing;
using SocketException = System.Net.Sockets.SocketException;

// A connection that begins in the clear and goes on with TLS, as mail servers have it. And two who sit in between and put bytes in front.
//   dotnet run --project samples/StartTls
if (args.Length > 0)
{
    await Console.Error.WriteLineAsync("StartTls takes no arguments.");
    return 2;
}

using var authority = new Authority("the root of StartTls");
using X509Certificate2 issued = authority.IssueToServer("localhost");
using TlsCertificate certificate = TlsCertificate.From(issued);
var handler = new LineServer(new TlsServerOptions { Certificate = certificate });

// No Tls in these options: the connections begin in the clear.
await using TcpServer server = TcpServer.Listen("localhost", 0);
Task serving = server.ServeAsync(handler.HandleAsync);
var trust = new TlsClientOptions { TrustedRoots = [authority.Root] };

Console.WriteLine($"[client] the answer over TLS: {await LineClient.AskAsync(server.Port, trust)}");
await AskInTheClearAsync(server.Port);
await InjectIntoServerAsync(server.Port);
await InjectIntoClientAsync(trust);

await server.StopAsync();
await serving;
return 0;

static async Task AskInTheClearAsync(int port)
{
    TcpClient client = await TcpClient.ConnectAsync("localhost", port);
    await using MessageChannel lines = client.GetMessages(MessageFraming.Lines);
    Console.WriteLine($"[client] the answer in the clear: {await LineClient.AskAsync(lines, "SECRET")}");
}

// Who sits in between adds a command to the client's STARTTLS.
static async Task InjectIntoServerAsync(int port)
{
    await using TcpClient client = await TcpClient.ConnectAsync("localhost", port);
    await client.SendAsync("STARTTLS\nSECRET\n");
    try
    {
        using var answers = new StreamReader(client.GetStream(leaveOpen: true));
        Console.WriteLine($"[attacker] the server has answered: {await answers.ReadToEndAsync()}");
    }
    catch (Exception exception) when (exception is SocketException or IOException)
    {
        Console.WriteLine("[attacker] the server has aborted the connection");
    }
}

// Who sits in between adds an answer to the server's OK.
static async Task InjectIntoClientAsync(TlsClientOptions trust)
{
    await using TcpServer attacker = TcpServer.Listen("localhost", 0);
    Task serving = attacker.ServeAsync(static async (connection, cancellationToken) =>
    {
        MessageChannel lines = connection.GetMessages(MessageFraming.Lines);
        await lines.ReceiveAsync(cancellationToken);
        lines.TrySend("OK"u8);
        await lines.SendAsync("a false secret"u8.ToArray(), cancellationToken);
        await lines.ReceiveAsync(cancellationToken);
    });
    try
    {
        Console.WriteLine($"[client] believes: {await LineClient.AskAsync(attacker.Port, trust)}");
    }
    catch (InvalidOperationException exception)
    {
        Console.WriteLine($"[client] refused: {exception.Message}");
    }

    await attacker.DisposeAsync();
    await serving;
}
