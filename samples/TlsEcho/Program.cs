using System.Security.Cryptography.X509Certificates;
using System.Text;
using SocketKit;

// An echo server over TLS, with a certificate that it makes itself, and clients that check whom they talk to.
//   dotnet run --project samples/TlsEcho                    server and clients here
//   dotnet run --project samples/TlsEcho -- server 12345    a server; it prints the line by which openssl talks to it, with its FILE:
//   openssl s_client -quiet -verify_return_error -CAfile FILE -connect localhost:12345 -servername localhost
const int WrongUsage = 2;

switch (args)
{
    case []:
        await PlayBothAsync();
        return 0;

    case ["server", var text] when Sample.TryPort(text, least: 0, out int port):
        return await Sample.GuardAsync(() => EchoServer.RunAsync(port));

    default:
        await Console.Error.WriteLineAsync("usage: TlsEcho [server PORT]. A port is 0 to 65535; 0 is any free one.");
        return WrongUsage;
}

static async Task PlayBothAsync()
{
    using var authority = new Authority("the root of TlsEcho");
    using X509Certificate2 issued = authority.IssueToServer("localhost");
    using TlsCertificate certificate = TlsCertificate.From(issued);
    await using TcpServer server = EchoServer.Listen(0, certificate);
    Task serving = server.ServeAsync(EchoServer.HandleAsync);

    // The client of a public server needs no options at all: new TlsClientOptions(). Only the root of this one is nobody else's.
    await EchoAsync("the right root", server.Port, new() { TrustedRoots = [authority.Root] });

    // A new certificate, without a restart: the next handshake shows it. Connections that are open stay open.
    using X509Certificate2 renewed = authority.IssueToServer("localhost");
    certificate.Replace(renewed);
    await EchoAsync("a new certificate", server.Port, new() { TrustedRoots = [authority.Root] });

    // The certificate is for another name: DNS, for instance, has led to the wrong machine.
    await RefuseAsync("another name", server.Port, new() { TrustedRoots = [authority.Root], TargetHost = "example.com" });

    // It is not from the root that the client trusts: somebody in between shows one of their own.
    using var stranger = new Authority("somebody else");
    await RefuseAsync("another root", server.Port, new() { TrustedRoots = [stranger.Root] });
    await RefuseAsync("the system's roots", server.Port, new());

    await server.StopAsync();
    await serving;
}

static async Task EchoAsync(string what, int port, TlsClientOptions tls)
{
    // Connected means: the handshake is over, and the certificate is for "localhost" and from a root that is trusted.
    await using TcpClient client = await TcpClient.ConnectAsync("localhost", port, new() { Tls = tls });
    await client.SendAsync("hello");
    byte[] answer = new byte[5];
    await client.ReceiveExactlyAsync(answer);
    string serial = client.Tls!.PeerCertificate!.SerialNumber[..8];
    Console.WriteLine($"[client] {what}: {Encoding.UTF8.GetString(answer)}, from {client.Tls.HostName}, certificate {serial}…");
}

static async Task RefuseAsync(string what, int port, TlsClientOptions tls)
{
    try
    {
        await using TcpClient client = await TcpClient.ConnectAsync("localhost", port, new() { Tls = tls });
        throw new InvalidOperationException($"{what}: the client has accepted a certificate that it must refuse.");
    }
    catch (TlsException exception)
    {
        // Nothing has been sent but the handshake.
        Console.WriteLine($"[client] {what}: {exception.Message}");
    }
}
