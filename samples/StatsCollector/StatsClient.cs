using System.Net;
using System.Text;
using SocketKit;

/// <summary>Finds the collector, sends it some statistics and asks for its report.</summary>
internal static class StatsClient
{
    /// <returns>False if no collector has answered.</returns>
    public static async Task<bool> RunAsync(int port)
    {
        if (await FindAsync(port) is not { } found)
        {
            await Console.Error.WriteLineAsync($"No collector has answered on port {port} of group {Meeting.Group}.");
            return false;
        }

        Console.WriteLine($"[client] found a collector at {found}");

        // A connected endpoint has one peer. It hears it, too, if nobody has that port any more (ConnectionRefused).
        using UdpEndpoint client = UdpEndpoint.Connect(found);
        for (int i = 1; i <= 3; i++)
        {
            await client.SendAsync($"requests:1|c\nlatency:{i * 10}|ms");
        }

        await client.SendAsync("errors:1|c");
        await client.SendAsync("this is no statistic");

        // On loopback datagrams arrive in order, so the report has all of them. On a network, some may come late or never.
        string report = await AskAsync(client, "report");
        Console.WriteLine($"[client] the collector reports:\n{report}");
        return true;
    }

    /// <summary>Asks the group for the collector, several times, because questions and answers may be lost.</summary>
    private static async Task<IPEndPoint?> FindAsync(int port)
    {
        // Bound to localhost, the question has the sender 127.0.0.1. The group needs no join here: only receivers are members.
        using UdpEndpoint asking = UdpEndpoint.Bind("localhost", 0);
        asking.MulticastInterfaceName = Meeting.InterfaceName;

        // 0 hops: not even to the local network. 1 is the default.
        asking.MulticastTimeToLive = 0;
        byte[] buffer = new byte[64];
        for (int attempt = 1; attempt <= 5; attempt++)
        {
            await asking.SendToAsync(Meeting.Question, new IPEndPoint(Meeting.Group, port));
            try
            {
                ReceivedDatagram answer = await asking.ReceiveFromAsync(buffer, TimeSpan.FromMilliseconds(400));
                if (Encoding.UTF8.GetString(buffer, 0, answer.Length) == Meeting.Answer)
                {
                    return (IPEndPoint)answer.RemoteEndPoint!;
                }
            }
            catch (SocketTimeoutException)
            {
                // Nobody has answered yet. The endpoint is still usable, so ask again.
            }
        }

        return null;
    }

    /// <summary>Sends a question until its answer comes.</summary>
    private static async Task<string> AskAsync(UdpEndpoint client, string question)
    {
        byte[] buffer = new byte[65_535];
        for (int attempt = 1; ; attempt++)
        {
            await client.SendAsync(question);
            try
            {
                ReceivedDatagram answer = await client.ReceiveAsync(buffer, TimeSpan.FromSeconds(1));
                return Encoding.UTF8.GetString(buffer, 0, answer.Length);
            }
            catch (SocketTimeoutException) when (attempt < 3)
            {
                // The question or its answer was lost.
            }
        }
    }
}
