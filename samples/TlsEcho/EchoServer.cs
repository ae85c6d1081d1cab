using System.Security.Cryptography.X509Certificates;
using SocketKit;

/// <summary>The server's side: what it shows, and the handler of one connection.</summary>
internal static class EchoServer
{
    public static TcpServer Listen(int port, TlsCertificate certificate) => TcpServer.Listen("localhost", port, new()
    {
        Tls = new TlsServerOptions { Certificate = certificate },
    });

    /// <summary>Serves until Ctrl+C, and says how to talk to it.</summary>
    public static async Task RunAsync(int port)
    {
        using var authority = new Authority("the root of TlsEcho");
        using X509Certificate2 issued = authority.IssueToServer("localhost");
        using TlsCertificate certificate = TlsCertificate.From(issued);
        await using TcpServer server = Listen(port, certificate);
        Task serving = server.ServeAsync(HandleAsync);
        Console.CancelKeyPress += (_, key) =>
        {
            key.Cancel = true;
            _ = server.StopAsync();
        };

        // Clients need the root, which is no secret. Nobody else can write into this directory: a root that somebody else has put there
        // would be trusted as well.
        DirectoryInfo directory = Directory.CreateTempSubdirectory("TlsEcho-");
        try
        {
            string root = Path.Combine(directory.FullName, "root.pem");
            await File.WriteAllTextAsync(root, authority.Root.ExportCertificatePem());
            Console.WriteLine($"[server] ends with Ctrl+C; listening on port {server.Port}");
            Console.WriteLine("[server] in another terminal, type lines into this:");
            string target = $"-connect localhost:{server.Port} -servername localhost";
            Console.WriteLine($"openssl s_client -quiet -verify_return_error -CAfile {root} {target}");
            await serving;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    public static async Task HandleAsync(TcpConnection connection, CancellationToken cancellationToken)
    {
        // The handshake is over when a handler begins. From here on nothing differs from a server without TLS.
        TlsInfo tls = connection.Tls!;
        Console.WriteLine($"[server] {tls.Protocol}, {tls.CipherSuite}, asked for {tls.HostName}");
        byte[] buffer = new byte[1024];
        int n;
        while ((n = await connection.ReceiveAsync(buffer, connection.Stopping)) > 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, n), cancellationToken);
        }
    }
}
