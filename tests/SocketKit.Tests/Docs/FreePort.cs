namespace SocketKit.Tests.Docs;

/// <summary>Ports for code that listens on a port that it is given, as the code of the guides does.</summary>
internal static class FreePort
{
    // Below net.ipv4.ip_local_port_range (32 768 by default), so that no ephemeral socket takes one between the check and its use.
    private const int First = 20_000;
    private const int Count = 12_000;

    private static int s_next = Random.Shared.Next(Count);

    /// <summary>A port that nobody has, on TCP and UDP, on all addresses. No other call in this process gets it.</summary>
    public static int Next()
    {
        while (true)
        {
            int port = First + (int)((uint)Interlocked.Increment(ref s_next) % Count);
            try
            {
                using var tcp = TcpServer.Listen(port);
                using var udp = UdpEndpoint.Bind(port);
                return port;
            }
            catch (SocketOperationException)
            {
                // Another program has this one.
            }
        }
    }
}
