using System.Buffers;
using System.Text;
using SocketKit;
using SocketKit.Framing;

/// <summary>A client that asks for TLS first, and for the secret then.</summary>
internal static class LineClient
{
    public static async Task<string> AskAsync(int port, TlsClientOptions tls)
    {
        TcpClient client = await TcpClient.ConnectAsync("localhost", port);
        await using MessageChannel lines = client.GetMessages(MessageFraming.Lines);
        string answer = await AskAsync(lines, "STARTTLS");
        if (answer != "OK")
        {
            // Never go on in the clear: whoever sits in between can answer so as well.
            throw new InvalidDataException($"The server does not speak TLS: {answer}");
        }

        // The name to check is the host that was dialled, localhost. The channel stays: its next line goes over TLS.
        await client.UpgradeToTlsAsync(tls);
        return await AskAsync(lines, "SECRET");
    }

    public static async Task<string> AskAsync(MessageChannel lines, string command)
    {
        await lines.SendAsync(Encoding.UTF8.GetBytes(command));
        ReadOnlySequence<byte> answer = await lines.ReceiveAsync()
            ?? throw new InvalidDataException("The server has finished.");
        return Encoding.UTF8.GetString(answer);
    }
}
