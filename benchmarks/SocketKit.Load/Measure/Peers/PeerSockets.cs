using System.Net;
using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>Opens the connections of peers.</summary>
internal static class PeerSockets
{
    /// <summary>Connections between pauses, so that the server's queue never overflows.</summary>
    private const int AtOnce = 256;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(2);

    /// <param name="port">Of a server on this machine.</param>
    /// <param name="count">How many connections.</param>
    /// <param name="receiveBuffer">SO_RCVBUF, which has to be set before the connect; 0: as the system does.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static List<Socket> Open(int port, int count, int receiveBuffer, CancellationToken cancellationToken)
    {
        var sockets = new List<Socket>(count);
        var server = new IPEndPoint(IPAddress.Loopback, port);
        for (int i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            sockets.Add(socket);
            if (receiveBuffer > 0)
            {
                socket.ReceiveBufferSize = receiveBuffer;
            }

            socket.Connect(server);
            if (i % AtOnce == AtOnce - 1)
            {
                Thread.Sleep(s_pause);
            }
        }

        Console.WriteLine(PeerProcess.Opened);
        return sockets;
    }
}
