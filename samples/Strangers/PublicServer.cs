using System.Net;
using System.Text;
using SocketKit;
using SocketKit.Framing;

/// <summary>A server that says each line back in capitals, and the limits that it holds its clients to.</summary>
internal static class PublicServer
{
    /// <summary>An answer has no more characters. UTF-8 takes at most 3 bytes for each, so it is never longer than a line may be.</summary>
    private const int Longest = 300;

    /// <summary>A line that is longer, or takes longer, ends its connection. A server for people would allow seconds.</summary>
    private static readonly MessageOptions s_lines = new() { MaxMessageSize = 1_000, MessageTimeout = TimeSpan.FromMilliseconds(300) };

    /// <summary>How many connections there may be. Behind one address there may be many users, so a real server allows more.</summary>
    public static TcpServerOptions WithDoors(Func<IPAddress, bool> isWelcome) => new()
    {
        MaxConnections = 3,
        MaxConnectionsPerAddress = 2,
        AddressFilter = isWelcome,

        // Further clients are refused at once. With Pause they would wait in the kernel until somebody leaves.
        WhenFull = WhenFull.Reject,
        HandlerFailed = Report,
    };

    /// <summary>
    /// How long a connection may do nothing. The times are short, so that the sample is; the defaults are 30 s, none and 30 s.
    /// </summary>
    public static TcpServerOptions WithClocks() => new()
    {
        FirstByteTimeout = TimeSpan.FromMilliseconds(400),
        IdleTimeout = TimeSpan.FromMilliseconds(400),
        SendStallTimeout = TimeSpan.FromMilliseconds(400),

        // Little room in the kernel, so that a client that does not read is noticed soon.
        SendBufferSize = 16 * 1024,
        HandlerFailed = Report,
    };

    /// <summary>The handler of one connection. It knows nothing of the limits: what a client does wrong ends the call that waits.</summary>
    public static async Task HandleAsync(TcpConnection connection, CancellationToken ending)
    {
        MessageChannel lines = connection.GetMessages(MessageFraming.Lines, s_lines);
        while (await lines.ReceiveAsync(ending) is { } line)
        {
            // Not every line that arrives can be sent: bytes that are no UTF-8 become three each, and a line may end with a CR.
            string answer = Encoding.UTF8.GetString(line).ToUpperInvariant();
            await lines.SendAsync(answer[..Math.Min(answer.Length, Longest)].TrimEnd('\r'), ending);
        }
    }

    public static void Print(string name, ServerStatistics now)
    {
        IEnumerable<string> closed = now.ClosedTotal.Where(static entry => entry.Value > 0)
            .Select(static entry => $"{entry.Value} × {entry.Key}").Order();
        Console.WriteLine($"[{name}] {now.AcceptedTotal} accepted, {now.RejectedTotal} rejected; closed: {string.Join(", ", closed)}");
        Console.WriteLine($"[{name}] {now.BytesReceived} bytes received, {now.BytesSent} sent");
    }

    /// <summary>Clients that reach a limit do not come here: that is no failure of the handler.</summary>
    private static void Report(TcpConnection connection, Exception exception) =>
        Console.WriteLine($"[server] a handler failed: {exception.Message}");
}
