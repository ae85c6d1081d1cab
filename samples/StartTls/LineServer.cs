using System.Text;
using SocketKit;
using SocketKit.Framing;

/// <summary>A server of lines that begins in the clear. STARTTLS secures the connection, and SECRET is answered over TLS only.</summary>
internal sealed class LineServer(TlsServerOptions tls)
{
    public async Task HandleAsync(TcpConnection connection, CancellationToken cancellationToken)
    {
        MessageChannel lines = connection.GetMessages(MessageFraming.Lines);
        while (await lines.ReceiveAsync(cancellationToken) is { } line)
        {
            string command = Encoding.UTF8.GetString(line);
            Console.WriteLine($"[server] {(connection.Tls is null ? "in the clear" : "over TLS")}: {command}");
            switch (command)
            {
                case "STARTTLS" when connection.Tls is null:
                    await lines.SendAsync("OK"u8.ToArray(), cancellationToken);
                    await UpgradeAsync(connection, cancellationToken);
                    break;

                case "SECRET" when connection.Tls is not null:
                    await lines.SendAsync("the secret"u8.ToArray(), cancellationToken);
                    break;

                default:
                    await lines.SendAsync("ERROR not here"u8.ToArray(), cancellationToken);
                    break;
            }
        }
    }

    private async Task UpgradeAsync(TcpConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.UpgradeToTlsAsync(tls, cancellationToken);
        }
        catch (InvalidOperationException exception)
        {
            // Lines came behind STARTTLS in the clear. Whoever sits between the two may have put them there, and over TLS they would count
            // as the client's own (CVE-2011-0411). Leaving the handler by an exception aborts the connection.
            Console.WriteLine($"[server] refused: {exception.Message}");
            throw;
        }
    }
}
