using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SocketKit;

/// <summary>The client's side: connects, checks the server's certificate, asks.</summary>
internal static class TlsClient
{
    /// <summary>Asks the server. Throws AuthenticationException if the certificate is not for the name, or not from the root.</summary>
    /// <param name="port">The server is on this machine.</param>
    /// <param name="name">The name that the certificate must have. A real client connects to this name, too.</param>
    /// <param name="root">The only root to trust. Null for those of the system, as a client of a public server has it.</param>
    public static async Task<string> AskAsync(int port, string name, X509Certificate2? root)
    {
        await using TcpClient client = await TcpClient.ConnectAsync("localhost", port);

        // The time-outs of the connection hold below TLS, too. This one bounds the handshake with a server that accepts and says nothing.
        client.Timeout = TimeSpan.FromSeconds(5);
        var options = new SslClientAuthenticationOptions
        {
            // The name is compared with those in the certificate. Without a name every certificate is refused.
            TargetHost = name,
            CertificateChainPolicy = root is null ? null : Trust(root),
        };

        // No RemoteCertificateValidationCallback here. One that returns true accepts every certificate, so anybody in between can
        // read and change everything. To trust a certificate of one's own, say which root it has to come from, as above.
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(options);
        await tls.WriteAsync("who are you?"u8.ToArray());

        // close_notify, which tells the server that the question is complete. Disposing alone sends none.
        await tls.ShutdownAsync();
        using var answer = new StreamReader(tls, Encoding.UTF8);
        return $"{await answer.ReadToEndAsync()} ({tls.SslProtocol})";
    }

    private static X509ChainPolicy Trust(X509Certificate2 root) => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { root },

        // This root publishes no list of revoked certificates. For public servers leave it Online.
        RevocationMode = X509RevocationMode.NoCheck,
    };
}
