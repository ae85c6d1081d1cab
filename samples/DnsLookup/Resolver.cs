using System.Security.Cryptography;
using SocketKit;
using SocketError = System.Net.Sockets.SocketError;

/// <summary>Asks a name server one question.</summary>
internal static class Resolver
{
    private const int Attempts = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <returns>What the server says, and whether it has said anything.</returns>
    public static async Task<(string Text, bool IsAnswered)> AskAsync(UdpEndpoint server, string name, DnsType type)
    {
        byte[] buffer = new byte[DnsMessage.Longest];
        string trouble = string.Empty;
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            // A number that nobody can guess: whoever forges the server's address cannot answer in its place (RFC 5452).
            ushort id = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
            try
            {
                await server.SendAsync(DnsMessage.Question(id, name, type));
                return (await AnswerAsync(server, buffer, id, name, type), true);
            }
            catch (SocketTimeoutException)
            {
                // The question or the answer was lost. Nobody repeats it, so ask again.
                trouble = $"no answer to {attempt} questions";
            }
            catch (SocketOperationException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
            {
                // An ICMP message said that nobody has this port. The endpoint stays usable.
                trouble = "nobody answers there (ConnectionRefused)";
            }
        }

        return (trouble, false);
    }

    private static async Task<string> AnswerAsync(UdpEndpoint server, byte[] buffer, ushort id, string name, DnsType type)
    {
        // One deadline for all datagrams together: what is no answer, such as a late one to an earlier question, must not prolong it.
        long deadline = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (true)
        {
            ReceivedDatagram datagram = await server.ReceiveAsync(
                buffer, TimeSpan.FromMilliseconds(deadline - Environment.TickCount64));
            if (DnsMessage.Answer(buffer.AsSpan(0, datagram.Length), id, name, type) is { } answer)
            {
                return answer;
            }
        }
    }
}
