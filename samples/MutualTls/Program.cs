using System.Security.Cryptography.X509Certificates;
using System.Text;
using SocketKit;
using SocketException = System.Net.Sockets.SocketException;

// Mutual TLS: the client shows a certificate, too, so the server knows who it is before the first byte.
//   dotnet run --project samples/MutualTls
if (args.Length > 0)
{
    await Console.Error.WriteLineAsync("MutualTls takes no arguments.");
    return 2;
}

// An authority of one's own. Whoever has a certificate of it may come in, so its key is the key to the server.
using var authority = new Authority("our own authority");
using X509Certificate2 issued = authority.IssueToServer("localhost");
using TlsCertificate certificate = TlsCertificate.From(issued);
await using TcpServer server = TcpServer.Listen("localhost", 0, new()
{
    Tls = new TlsServerOptions
    {
        Certificate = certificate,
        ClientCertificates = ClientCertificates.Require,

        // The only roots that clients may come from. Without this it would be the roots of the system, whose authorities issue
        // certificates to anybody.
        TrustedRoots = [authority.Root],
    },
});
Task serving = server.ServeAsync(HandleAsync);

using X509Certificate2 alice = authority.IssueToClient("alice");
using X509Certificate2 bob = authority.IssueToClient("bob");
using var stranger = new Authority("another authority");
using X509Certificate2 mallory = stranger.IssueToClient("alice");
await AskAsync("alice", alice);
await AskAsync("bob", bob);
await AskAsync("nobody", null);
await AskAsync("mallory, who says alice", mallory);

await server.StopAsync();
await serving;
return 0;

static async Task HandleAsync(TcpConnection connection, CancellationToken cancellationToken)
{
    // The chain was checked in the handshake, so the name can be believed: the authority has signed it. What this client may do is for the
    // server to decide.
    X509Certificate2 client = connection.Tls!.PeerCertificate!;
    string name = client.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
    Console.WriteLine($"[server] this is {name}, by {client.GetNameInfo(X509NameType.SimpleName, forIssuer: true)}");
    string answer = name == "alice" ? "welcome, alice" : $"{name} may not do that";
    await connection.SendAsync(answer, cancellationToken);
}

async Task AskAsync(string who, X509Certificate2? certificate)
{
    using TlsCertificate? own = certificate is null ? null : TlsCertificate.From(certificate);
    var options = new TcpClientOptions { Tls = new TlsClientOptions { TrustedRoots = [authority.Root], ClientCertificate = own } };
    try
    {
        await using TcpClient client = await TcpClient.ConnectAsync("localhost", server.Port, options);

        // In TLS 1.3 a client has connected before the server has looked at its certificate. So it learns of a refusal here.
        using var answer = new StreamReader(client.GetStream(leaveOpen: true), Encoding.UTF8);
        Console.WriteLine($"[client] {who}: {await answer.ReadToEndAsync()}");
    }
    catch (Exception exception) when (exception is TlsException or IOException or SocketException)
    {
        Console.WriteLine($"[client] {who} was refused: {exception.Message}");
    }
}
