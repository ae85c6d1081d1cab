using System.Net;

namespace SocketKit.Sockets;

/// <summary>Checks ports, and turns IPv4-mapped IPv6 addresses into IPv4 ones.</summary>
internal static class Addresses
{
    public static int CheckPort(int port, string name, int least = IPEndPoint.MinPort) => port >= least && port <= IPEndPoint.MaxPort
        ? port
        : throw new ArgumentOutOfRangeException(name, port, $"A port is {least} to {IPEndPoint.MaxPort}.");

    /// <summary>
    /// Returns a.b.c.d for ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so that filters and IPv6-only sockets see one spelling of an address.
    /// </summary>
    public static IPAddress Unmap(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    public static IPEndPoint Unmap(IPEndPoint endPoint) =>
        endPoint.Address.IsIPv4MappedToIPv6 || endPoint.GetType() != typeof(IPEndPoint)
            ? new IPEndPoint(Unmap(endPoint.Address), endPoint.Port)
            : endPoint;
}
