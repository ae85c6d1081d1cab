using System.Net;

namespace SocketKit.Sockets;

/// <summary>How addresses are checked.</summary>
internal static class Addresses
{
    public static int CheckPort(int port, string name, int least = IPEndPoint.MinPort) => port >= least && port <= IPEndPoint.MaxPort
        ? port
        : throw new ArgumentOutOfRangeException(name, port, $"A port is {least} to {IPEndPoint.MaxPort}.");
}
