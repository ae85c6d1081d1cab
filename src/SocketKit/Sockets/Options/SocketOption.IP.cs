using SocketKit.Sockets.Options;

namespace SocketKit;

public static partial class SocketOption
{
    private const int MostByte = byte.MaxValue;

    /// <summary>
    /// IP_TOS: the type-of-service byte of IPv4 packets, which holds DSCP and ECN. TCP ignores the two ECN bits and sets them itself.
    /// </summary>
    public static SocketOption<int> TypeOfService { get; } = new(OptionTable.TypeOfService, OptionFormat.Number(0, MostByte));

    /// <summary>IP_TTL: the time to live of IPv4 packets, 1 to 255 hops.</summary>
    public static SocketOption<int> TimeToLive { get; } = new(OptionTable.TimeToLive, OptionFormat.Number(1, MostByte));

    /// <summary>
    /// IP_MTU_DISCOVER: 0 never sets don't-fragment, 1 decides per route, 2 always sets it, 3 sets it but ignores the path MTU; see ip(7).
    /// Linux.
    /// </summary>
    public static SocketOption<int> MtuDiscover { get; } = new(OptionTable.MtuDiscover, OptionFormat.Number(0));

    /// <summary>IP_MTU, read only: the path MTU in bytes of a connected IPv4 socket. Linux.</summary>
    public static SocketOption<int> PathMtu { get; } = new(OptionTable.PathMtu, OptionFormat.Number(), readOnly: true);

    /// <summary>IP_FREEBIND: bind to an address that this machine does not have yet. Before bind. Linux.</summary>
    public static SocketOption<bool> FreeBind { get; } = new(OptionTable.FreeBind, OptionFormat.Switch);

    /// <summary>
    /// IP_TRANSPARENT: bind to, and accept connections for, addresses of other machines, for proxies. Before bind. Needs CAP_NET_ADMIN or
    /// CAP_NET_RAW. Linux.
    /// </summary>
    public static SocketOption<bool> Transparent { get; } = new(
        OptionTable.Transparent, OptionFormat.Switch, right: NetAdmin + " or " + NetRaw);

    /// <summary>
    /// IP_BIND_ADDRESS_NO_PORT: a bind to port 0 leaves the choice of the port to connect, so that more ports are available. Before bind.
    /// Linux.
    /// </summary>
    public static SocketOption<bool> BindAddressNoPort { get; } = new(OptionTable.BindAddressNoPort, OptionFormat.Switch);

    /// <summary>
    /// IP_MULTICAST_ALL: whether the socket also receives from groups that only other sockets of the machine have joined. Linux.
    /// </summary>
    public static SocketOption<bool> MulticastAll { get; } = new(OptionTable.MulticastAll, OptionFormat.Switch);

    /// <summary>IPV6_V6ONLY. Use it for reading: it must be set before bind, by <c>DualMode</c> of the option classes.</summary>
    public static SocketOption<bool> IPv6Only { get; } = new(OptionTable.IPv6Only, OptionFormat.Switch);

    /// <summary>IPV6_TCLASS: the traffic class of IPv6 packets, 0 to 255; -1 for the system's default.</summary>
    public static SocketOption<int> TrafficClass { get; } = new(OptionTable.TrafficClass, OptionFormat.Number(-1, MostByte));

    /// <summary>IPV6_UNICAST_HOPS: the hop limit of IPv6 packets, 0 to 255; -1 for the system's default.</summary>
    public static SocketOption<int> HopLimit { get; } = new(OptionTable.HopLimit, OptionFormat.Number(-1, MostByte));

    /// <summary>IPV6_MTU_DISCOVER: the same as <see cref="MtuDiscover"/>, for IPv6. Linux.</summary>
    public static SocketOption<int> MtuDiscoverIPv6 { get; } = new(OptionTable.MtuDiscoverIPv6, OptionFormat.Number(0));

    /// <summary>IPV6_MTU, read only: the path MTU in bytes of a connected IPv6 socket. Linux.</summary>
    public static SocketOption<int> PathMtuIPv6 { get; } = new(OptionTable.PathMtuIPv6, OptionFormat.Number(), readOnly: true);
}
