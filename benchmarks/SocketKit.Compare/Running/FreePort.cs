using System.Net;
using System.Net.Sockets;

namespace SocketKit.Compare;

/// <summary>Ports that nobody has.</summary>
internal static class FreePort
{
    /// <summary>Below the ports that systems give to clients, so that none of those takes it before the server does.</summary>
    private const int First = 20_000;

    private const int Last = 30_000;

    private static int s_next = Random.Shared.Next(First, Last);

    /// <exception cref="RunFailedException">There is none.</exception>
    public static int Next()
    {
        for (int i = First; i < Last; i++)
        {
            s_next = s_next >= Last ? First : s_next + 1;
            if (IsFree(SocketType.Stream, ProtocolType.Tcp) && IsFree(SocketType.Dgram, ProtocolType.Udp))
            {
                return s_next;
            }
        }

        throw new RunFailedException("no port is free");
    }

    private static bool IsFree(SocketType type, ProtocolType protocol)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, type, protocol);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, s_next));
            return true;
        }
        catch (SocketException)
        {
            // Taken.
            return false;
        }
    }
}
