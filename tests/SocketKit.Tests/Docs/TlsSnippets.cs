using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SocketKit.Framing;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/tls.md, compiled. TlsGuideTests runs it.</summary>
internal static class TlsSnippets
{
    public static async Task Serve(string certificateFile, string keyFile, int port, CancellationToken cancellationToken)
    {
        using TlsCertificate certificate = TlsCertificate.FromPemFile(certificateFile, keyFile, watch: true);
        var options = new TcpServerOptions { Tls = new TlsServerOptions { Certificate = certificate } };
        await using var server = TcpServer.Listen(port, options);
        await server.ServeAsync(
            async (connection, token) =>
            {
                var buffer = new byte[1024];
                int n;
                while ((n = await connection.ReceiveAsync(buffer, token)) > 0)
                {
                    await connection.SendAsync(buffer.AsMemory(0, n), token);
                }
            },
            cancellationToken);
    }

    public static async Task<TlsInfo?> AcceptByHand(TcpServer server, TlsServerOptions tls, CancellationToken cancellationToken)
    {
        await using TcpConnection connection = await server.AcceptAsync(cancellationToken);
        await connection.UpgradeToTlsAsync(tls, cancellationToken);
        return connection.Tls;
    }

    public static async Task Connect(string host, int port, Action<string> report, CancellationToken cancellationToken)
    {
        try
        {
            await ConnectOnly(host, port, cancellationToken);
        }
        catch (TlsException exception)
        {
            // Nothing of yours was sent. Trying again does not help as a rule.
            report($"{exception.RemoteEndPoint} as {exception.HostName}: {exception.PolicyErrors}, alert {exception.Alert ?? "none"}");
            report(exception.Message);
        }
    }

    private static async Task ConnectOnly(string host, int port, CancellationToken cancellationToken)
    {
        var options = new TcpClientOptions { Tls = new TlsClientOptions() };
        await using TcpClient client = await TcpClient.ConnectAsync(host, port, options, cancellationToken);
    }

    public static TlsServerOptions Names(TlsCertificate certificate, TlsCertificate own, TlsCertificate wildcard)
    {
        var tls = new TlsServerOptions { Certificate = certificate };
        tls.HostCertificates["example.com"] = own;
        tls.HostCertificates["*.example.com"] = wildcard;
        return tls;
    }

    public static void Renew(TlsCertificate certificate, X509Certificate2 renewed, X509Certificate2Collection chain)
    {
        certificate.Replace(renewed, chain);
    }

    public static TcpClientOptions Trust(string rootFile)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(rootFile);
        var options = new TcpClientOptions { Tls = new TlsClientOptions { TrustedRoots = roots } };
        return options;
    }

    public static async Task Greet(
        TlsCertificate certificate, X509Certificate2Collection roots, int port, CancellationToken cancellationToken)
    {
        var options = new TcpServerOptions
        {
            Tls = new TlsServerOptions
            {
                Certificate = certificate,
                ClientCertificates = ClientCertificates.Require,
                TrustedRoots = roots,
            },
        };
        await using var server = TcpServer.Listen(port, options);
        await server.ServeAsync(
            async (connection, token) =>
            {
                string name = connection.Tls!.PeerCertificate!.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
                await connection.SendAsync($"hello, {name}", token);
            },
            cancellationToken);
    }

    public static TcpClientOptions Introduce(TlsCertificate own, X509Certificate2Collection roots)
    {
        var options = new TcpClientOptions { Tls = new TlsClientOptions { ClientCertificate = own, TrustedRoots = roots } };
        return options;
    }

    public static TlsServerOptions Agree(TlsCertificate certificate)
    {
        var tls = new TlsServerOptions { Certificate = certificate, ApplicationProtocols = { "chat/2", "chat/1" } };
        return tls;
    }

    public static async Task StartTlsAsServer(TcpConnection connection, TlsServerOptions tls, CancellationToken cancellationToken)
    {
        MessageChannel lines = connection.GetMessages(MessageFraming.Lines);
        while (await lines.ReceiveAsync(cancellationToken) is { } line)
        {
            if (Encoding.UTF8.GetString(line) == "STARTTLS" && connection.Tls is null)
            {
                await lines.SendAsync("OK"u8.ToArray(), cancellationToken);
                await connection.UpgradeToTlsAsync(tls, cancellationToken);
            }
        }
    }

    public static async Task StartTlsAsClient(TcpClient client, X509Certificate2Collection roots, CancellationToken cancellationToken)
    {
        await client.SendAsync("STARTTLS\n", cancellationToken);
        var answer = new byte[3];
        await client.ReceiveExactlyAsync(answer, cancellationToken);
        await client.UpgradeToTlsAsync(new TlsClientOptions { TrustedRoots = roots }, cancellationToken);
    }

    public static TlsClientOptions Pin(string fingerprint)
    {
        var tls = new TlsClientOptions
        {
            DangerousServerCertificateValidation = (certificate, chain, errors) =>
                certificate.GetCertHashString(HashAlgorithmName.SHA256) == fingerprint,
        };
        return tls;
    }
}
