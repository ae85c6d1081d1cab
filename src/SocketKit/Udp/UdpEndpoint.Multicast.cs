using System.Net;
using System.Net.Sockets;
using SocketKit.Errors;
using SocketKit.Sockets;
using SocketKit.Udp;

namespace SocketKit;

public sealed partial class UdpEndpoint
{
    private const int MostHops = 255;

    private int _multicastInterface;

    /// <summary>SO_BROADCAST. Without it, a send to a broadcast address fails with AccessDenied.</summary>
    /// <exception cref="SocketOperationException">The system refused the call.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool EnableBroadcast
    {
        get
        {
            using var lease = new SocketCall(this, OptionFaults.Get, UdpSockets.BroadcastName);
            return UdpSockets.GetBroadcast(lease.Socket, this);
        }

        set
        {
            using var lease = new SocketCall(this, OptionFaults.Set, UdpSockets.BroadcastName);
            UdpSockets.SetBroadcast(lease.Socket, value, this);
        }
    }

    /// <summary>How many hops a multicast datagram may travel: IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS.</summary>
    /// <value>0 to 255. The system's default is 1, the local network. 0 is this machine.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not 0 to 255.</exception>
    /// <exception cref="SocketOperationException">The system refused the call.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public int MulticastTimeToLive
    {
        get => MulticastOptions.Get(this, SocketOptionName.MulticastTimeToLive);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MostHops);
            MulticastOptions.Set(this, SocketOptionName.MulticastTimeToLive, value, ReachesIPv4);
        }
    }

    /// <summary>
    /// Whether datagrams that this endpoint sends to a group also reach members on this machine: IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP.
    /// </summary>
    /// <value>The system's default is true. On Windows the value of the receiving endpoint counts.</value>
    /// <exception cref="SocketOperationException">The system refused the call.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool MulticastLoopback
    {
        get => MulticastOptions.Get(this, SocketOptionName.MulticastLoopback) != 0;
        set => MulticastOptions.Set(this, SocketOptionName.MulticastLoopback, value ? 1 : 0, ReachesIPv4);
    }

    /// <summary>The index of the network interface that multicast datagrams leave through: IP_MULTICAST_IF, IPV6_MULTICAST_IF.</summary>
    /// <value>0 means that the routing table decides. It returns the value that was set here.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    /// <exception cref="SocketOperationException">AddressNotAvailable: there is no such interface.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public int MulticastInterface
    {
        get
        {
            ThrowIfDisposed(OptionFaults.Get, MulticastOptions.InterfaceName);
            return _multicastInterface;
        }

        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            MulticastOptions.SetInterface(this, value, ReachesIPv4);
            _multicastInterface = value;
        }
    }

    /// <summary>
    /// Joins a multicast group, so that this endpoint receives its datagrams: IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP, MCAST_JOIN_SOURCE_GROUP.
    /// </summary>
    /// <param name="group">The group's address.</param>
    /// <param name="interfaceIndex">The index of the network interface to join on. 0 lets the routing table decide.</param>
    /// <param name="source">
    /// Null for all senders, or the only sender to receive from (source-specific multicast, RFC 4607). Further calls add further sources.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="group"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="interfaceIndex"/> is negative, or above 16 777 215 for an IPv4 group without a source.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="group"/> is not a multicast address, or an address has the wrong family.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// AddressNotAvailable: there is no such interface. AddressAlreadyInUse: the group or source is already joined. NoBufferSpaceAvailable:
    /// too many groups or sources. The memberships are unchanged.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void JoinGroup(IPAddress group, int interfaceIndex = 0, IPAddress? source = null) =>
        ChangeMembership(group, interfaceIndex, source, MembershipChange.Join);

    /// <summary>
    /// Leaves a group that <see cref="JoinGroup(IPAddress, int, IPAddress?)"/> joined with the same arguments: IP_DROP_MEMBERSHIP,
    /// IPV6_LEAVE_GROUP, MCAST_LEAVE_SOURCE_GROUP. Closing the endpoint leaves all groups.
    /// </summary>
    /// <param name="group">The group's address.</param>
    /// <param name="interfaceIndex">The index of the network interface of the join.</param>
    /// <param name="source">The source of the join.</param>
    /// <exception cref="ArgumentNullException"><paramref name="group"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="interfaceIndex"/> is negative, or above 16 777 215 for an IPv4 group without a source.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="group"/> is not a multicast address, or an address has the wrong family.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// AddressNotAvailable: there is no such membership. The memberships are unchanged.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void LeaveGroup(IPAddress group, int interfaceIndex = 0, IPAddress? source = null) =>
        ChangeMembership(group, interfaceIndex, source, MembershipChange.Leave);

    private void ChangeMembership(IPAddress group, int interfaceIndex, IPAddress? source, MembershipChange change)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentOutOfRangeException.ThrowIfNegative(interfaceIndex);
        using var lease = new SocketCall(this, MulticastFaults.NameOf(change), group.ToString());
        Socket socket = lease.Socket;
        if (!MulticastOptions.IsMulticast(group))
        {
            throw new ArgumentException($"{group} is not a multicast address.", nameof(group));
        }

        bool isOwnFamily = group.AddressFamily == socket.AddressFamily
            || (group.AddressFamily == AddressFamily.InterNetwork && ReachesIPv4);
        if (!isOwnFamily)
        {
            throw new ArgumentException($"{group} has another family than the endpoint ({socket.AddressFamily}).", nameof(group));
        }

        if (source is not null && source.AddressFamily != group.AddressFamily)
        {
            throw new ArgumentException($"{source} has another family than {group}.", nameof(source));
        }

        try
        {
            MulticastOptions.Change(socket, group, interfaceIndex, source, change);
        }
        catch (SocketException exception)
        {
            // .NET's message names neither the group nor the interface, and does not explain some reasons.
            throw MulticastFaults.Refused(change, exception, this, group, interfaceIndex, source);
        }
    }
}
