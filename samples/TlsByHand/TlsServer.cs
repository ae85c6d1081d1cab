using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SocketKit;

/// <summary>The server's side: shows its certificate, reads a question to its end, answers.</summary>
internal static class TlsServer
{
    // A client that breaks the handshake off or sends nonsense is no fault of this server: that is logged at Debug, and not as an Error.
    public static TcpServer Listen() => TcpServer.Listen(
        "localhost", 0, new() { IsPeerFault = static exception => exception is AuthenticationException or IOException });

    public static Task RunAsync(TcpServer server, X509Certificate2 certificate, CancellationToken stop)
    {
        // Once for all connections: to build the context of a certificate takes longer than a handshake.
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
        };
        return server.ServeAsync((connection, token) => AnswerAsync(connection, options, token), stop);
    }

    private static async Task AnswerAsync(TcpConnection connection, SslServerAuthenticationOptions options, CancellationToken token)
    {
        // Below TLS the connection is as always: its time-outs, its CloseReason, its limits of the server.
        connection.Timeout = TimeSpan.FromSeconds(5);
        await using var tls = new SslStream(connection.GetStream(leaveOpen: true));
        await tls.AuthenticateAsServerAsync(options, token);
        using var reader = new StreamReader(tls, Encoding.UTF8, leaveOpen: true);
        string question = await reader.ReadToEndAsync(token);
        await tls.WriteAsync(Encoding.UTF8.GetBytes($"'{question}' was asked over TLS"), token);
        await tls.ShutdownAsync();
    }
}
