using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Platform;
using SocketKit.Errors;

namespace SocketKit;

/// <summary>
/// A raw socket (SOCK_RAW) or an ICMP datagram socket. It sends and receives messages of one IP protocol. There are no ports: targets are
/// addresses with port 0.
/// </summary>
/// <remarks>
/// On raw IPv4 a received message begins with the IP header; see <see cref="IncludesIPHeader"/>. Each raw socket gets every message of its
/// protocol, including answers to other programs and, on loopback, its own messages. Filter them, for example by the ICMP identifier.
/// </remarks>
public sealed class RawEndpoint : DatagramEndpoint
{
    private RawEndpoint(DatagramChannel channel, RawEndpointOptions options, bool includesIPHeader)
        : base(channel, options) => IncludesIPHeader = includesIPHeader;

    /// <summary>
    /// Whether each received message begins with its IPv4 header. The header's length is four times the low half of its first byte.
    /// </summary>
    /// <value>True for raw IPv4. False for IPv6, and for unprivileged ICMP on Linux.</value>
    public bool IncludesIPHeader { get; }

    /// <summary>
    /// Whether this is an ICMP datagram socket, which needs no privilege. The kernel then sets the echo identifier and filters by it.
    /// </summary>
    public bool IsUnprivileged => Socket.SocketType == SocketType.Dgram;

    private protected override int LeastPort => IPEndPoint.MinPort;

    /// <summary>Opens a raw socket for one protocol: socket(2), SOCK_RAW.</summary>
    /// <param name="family">InterNetwork or InterNetworkV6.</param>
    /// <param name="protocol">
    /// The IP protocol to receive and send. On Linux it may be any number, even without a name in the type. <see cref="ProtocolType.Raw"/>
    /// only sends, with the IP header as part of the data.
    /// </param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The endpoint.</returns>
    /// <exception cref="ArgumentException">The family is not an IP family, or an option is out of range.</exception>
    /// <exception cref="SocketOperationException">
    /// AccessDenied: the process lacks CAP_NET_RAW (or is not an administrator). ProtocolNotSupported: the system does not have the
    /// protocol. The descriptor is closed.
    /// </exception>
    public static RawEndpoint Open(AddressFamily family, ProtocolType protocol, RawEndpointOptions? options = null)
    {
        CheckFamily(family);
        RawEndpointOptions copy = SocketOptions.Snapshot(options);
        return Over(Create(family, SocketType.Raw, protocol), copy, includesIPHeader: family == AddressFamily.InterNetwork);
    }

    /// <summary>
    /// Opens a socket for ICMP (or ICMPv6) messages such as echo: socket(2). It is an unprivileged one where the system allows it (on Linux
    /// to the groups in net.ipv4.ping_group_range), else a raw one.
    /// </summary>
    /// <param name="family">InterNetwork or InterNetworkV6.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The endpoint. <see cref="IsUnprivileged"/> and <see cref="IncludesIPHeader"/> tell which kind it is.</returns>
    /// <exception cref="ArgumentException">The family is not an IP family, or an option is out of range.</exception>
    /// <exception cref="SocketOperationException">AccessDenied: this process may open neither kind. The descriptor is closed.</exception>
    public static RawEndpoint OpenIcmp(AddressFamily family = AddressFamily.InterNetwork, RawEndpointOptions? options = null)
    {
        CheckFamily(family);
        RawEndpointOptions copy = SocketOptions.Snapshot(options);
        ProtocolType protocol = family == AddressFamily.InterNetwork ? ProtocolType.Icmp : ProtocolType.IcmpV6;
        bool isIPv4 = family == AddressFamily.InterNetwork;
        Socket unprivileged;
        try
        {
            unprivileged = Create(family, SocketType.Dgram, protocol);
        }
        catch (SocketException)
        {
            // This user may not open one, or the system does not have them. A raw socket may still be allowed.
            return Over(Create(family, SocketType.Raw, protocol), copy, isIPv4);
        }

        return Over(unprivileged, copy, isIPv4 && !OperatingSystem.IsLinux());
    }

    private protected override void WriteAddress(EndPoint to, SocketAddress target, string name)
    {
        base.WriteAddress(to, target, name);

        // A raw IPv6 socket interprets the port as a protocol number.
        SocketAddresses.WritePort(target, 0);
    }

    private static RawEndpoint Over(Socket socket, RawEndpointOptions options, bool includesIPHeader)
    {
        options.SetUp(socket);
        try
        {
            var endpoint = new RawEndpoint(options.EngineOrDefault.OpenDatagram(socket, ownsSocket: true), options, includesIPHeader);
            endpoint.LogOpened();
            return endpoint;
        }
        catch
        {
            // Nobody else knows the socket, so its descriptor would leak.
            socket.Dispose();
            throw;
        }
    }

    private static Socket Create(AddressFamily family, SocketType type, ProtocolType protocol)
    {
        try
        {
            return type == SocketType.Raw ? Descriptors.OpenRaw(family, protocol) : new Socket(family, type, protocol);
        }
        catch (SocketException exception)
        {
            // .NET's message names neither the protocol, nor the family, nor the missing privilege.
            string? hint = exception.SocketErrorCode == SocketError.AccessDenied
                ? "no right (AccessDenied). Raw sockets need CAP_NET_RAW, or an administrator; "
                    + "ICMP without it needs net.ipv4.ping_group_range."
                : null;
            throw Faults.Wrap(SocketOperation.Open, exception, $"{protocol} ({family}, {type})", hint);
        }
    }

    private static void CheckFamily(AddressFamily family)
    {
        if (family is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
        {
            throw new ArgumentException($"{family} is not an IP family.", nameof(family));
        }
    }
}
