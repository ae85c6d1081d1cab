using System.Net;
using System.Net.Sockets;

namespace SocketKit.Sockets;

/// <summary>How addresses are shown and checked.</summary>
internal static class Addresses
{
    /// <summary>A dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2); users want a.b.c.d.</summary>
    public static EndPoint? Unmap(EndPoint? endPoint) =>
        endPoint is IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } ip && ip.Address.IsIPv4MappedToIPv6
            ? new IPEndPoint(ip.Address.MapToIPv4(), ip.Port)
            : endPoint;

    public static int CheckPort(int port, string name, int least = IPEndPoint.MinPort) => port >= least && port <= IPEndPoint.MaxPort
        ? port
        : throw new ArgumentOutOfRangeException(name, port, $"A port is {least} to {IPEndPoint.MaxPort}.");
}
