using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>Fills the kernel's buffers so that the next send has to wait.</summary>
internal static class TcpFill
{
    /// <summary>How long the kernel has to say that it is full; loopback takes a little more while the peer's window opens.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(50);

    private const int QuietRounds = 4;

    /// <summary>Gives back how much went.</summary>
    public static long Up(StreamConnection connection)
    {
        byte[] chunk = Payload.Of(65_536);
        long total = 0;
        for (int quiet = 0; quiet < QuietRounds; quiet++)
        {
            while (connection.TrySend(chunk, out int sent))
            {
                total += sent;
                quiet = 0;
            }

            // poll(2) says "full" while there is a little room still, and late acknowledgements make some more.
            connection.WaitWritable(s_quiet);
        }

        return total;
    }

    /// <summary>Waits until a send that is under way has filled the kernel, and the peer's window is closed.</summary>
    public static async Task UntilFull(StreamConnection connection)
    {
        while (connection.WaitWritable(s_quiet) || IsWindowOpen(connection))
        {
            await Task.Yield();
        }
    }

    /// <summary>
    /// Whether only a late acknowledgement is missing, for all that the kernel has taken or before it sends the rest. A FIN would still
    /// reach the peer. Segments that are sent again were dropped by a peer without room.
    /// </summary>
    private static bool IsWindowOpen(StreamConnection connection) =>
        OperatingSystem.IsLinux() && connection is TcpConnection tcp && tcp.GetInfo() is var info
        && (info.BytesNotSent == 0 || info is { Unacknowledged: > 0, Retransmits: 0 });
}
