using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Sockets;

namespace SocketKit.Tcp;

/// <summary>Resolves a host to the addresses to try.</summary>
internal static class NameResolution
{
    /// <summary>The most addresses of one name that are tried, because a resolver may be hostile.</summary>
    private const int MostAddresses = 16;

    public static NameAnswer Resolve(string host, TcpClientOptions options, Deadline deadline) =>
        options.Names.Find(host, FamilyOf(options), deadline);

    public static Task<NameAnswer> ResolveAsync(
        string host, TcpClientOptions options, Deadline deadline, CancellationToken cancellationToken) =>
        options.Names.FindAsync(host, FamilyOf(options), deadline, cancellationToken);

    /// <summary>
    /// Orders the addresses: the system's order, alternating between the families (RFC 8305 section 4), without those that the options
    /// exclude.
    /// </summary>
    public static List<IPEndPoint> Order(IReadOnlyList<IPAddress> addresses, int port, TcpClientOptions options)
    {
        // The filter and the family check see IPv4-mapped addresses as IPv4.
        IPAddress[] unmapped = [.. addresses.Select(Addresses.Unmap)];
        var first = new Queue<IPAddress>();
        var second = new Queue<IPAddress>();
        foreach (IPAddress address in unmapped)
        {
            if (IsAllowed(address, options))
            {
                (address.AddressFamily == unmapped[0].AddressFamily ? first : second).Enqueue(address);
            }
        }

        var ordered = new List<IPEndPoint>();
        while (ordered.Count < MostAddresses && (first.Count > 0 || second.Count > 0))
        {
            if (first.TryDequeue(out IPAddress? one))
            {
                ordered.Add(new IPEndPoint(one, port));
            }

            if (ordered.Count < MostAddresses && second.TryDequeue(out IPAddress? other))
            {
                ordered.Add(new IPEndPoint(other, port));
            }
        }

        return ordered;
    }

    private static AddressFamily FamilyOf(TcpClientOptions options) => options.AddressFamily ?? AddressFamily.Unspecified;

    private static bool IsAllowed(IPAddress address, TcpClientOptions options) =>
        (options.AddressFamily is null || options.AddressFamily == address.AddressFamily)
        && (options.LocalEndPoint is null || options.LocalEndPoint.AddressFamily == address.AddressFamily)
        && (options.AddressFilter is null || options.AddressFilter(address));
}
