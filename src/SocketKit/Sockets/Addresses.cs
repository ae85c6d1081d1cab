using System.Net;

namespace SocketKit.Sockets;

/// <summary>How addresses are checked, and read where one address has two spellings.</summary>
internal static class Addresses
{
    public static int CheckPort(int port, string name, int least = IPEndPoint.MinPort) => port >= least && port <= IPEndPoint.MaxPort
        ? port
        : throw new ArgumentOutOfRangeException(name, port, $"A port is {least} to {IPEndPoint.MaxPort}.");

    /// <summary>::ffff:a.b.c.d (RFC 4291 section 2.5.5.2) is a.b.c.d, also for filters and for sockets that reach IPv6 only.</summary>
    public static IPAddress Unmap(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    public static IPEndPoint Unmap(IPEndPoint endPoint) =>
        endPoint.Address.IsIPv4MappedToIPv6 || endPoint.GetType() != typeof(IPEndPoint)
            ? new IPEndPoint(Unmap(endPoint.Address), endPoint.Port)
            : endPoint;
}
