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

    /// <summary>SO_BROADCAST: without it, sending to a broadcast address is refused with AccessDenied.</summary>
    /// <exception cref="SocketOperationException">The system refused.</exception>
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

    /// <summary>How many hops a multicast datagram may take: IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS.</summary>
    /// <value>1 by the system's default: the local network only. 0 to 255; 0 is this machine.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not 0 to 255.</exception>
    /// <exception cref="SocketOperationException">The system refused.</exception>
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

    /// <summary>Whether what this endpoint sends to a group also reaches members on this machine: IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP.</summary>
    /// <value>True by the system's default. On Windows the receiving endpoint's value counts.</value>
    /// <exception cref="SocketOperationException">The system refused.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool MulticastLoopback
    {
        get => MulticastOptions.Get(this, SocketOptionName.MulticastLoopback) != 0;
        set => MulticastOptions.Set(this, SocketOptionName.MulticastLoopback, value ? 1 : 0, ReachesIPv4);
    }

    /// <summary>The number of the network interface that multicast datagrams leave by: IP_MULTICAST_IF, IPV6_MULTICAST_IF.</summary>
    /// <value>0: the routing table decides. It reads what was set here.</value>
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

    /// <summary>Receives what is sent to a multicast group: IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP, MCAST_JOIN_SOURCE_GROUP.</summary>
    /// <param name="group">The group's address.</param>
    /// <param name="interfaceIndex">The network interface to join on; 0: the routing table decides.</param>
    /// <param name="source">Null, or the only sender to hear (source-specific multicast, RFC 4607). Joins of several sources add up.</param>
    /// <exception cref="ArgumentNullException"><paramref name="group"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="interfaceIndex"/> is negative, or above 16 777 215 for an IPv4 group without a source.
    /// </exception>
    /// <exception cref="ArgumentException"><paramref name="group"/> is not a multicast address, or an address has the wrong family.</exception>
    /// <exception cref="SocketOperationException">
    /// AddressNotAvailable: there is no such interface. AddressAlreadyInUse: it is joined already. NoBufferSpaceAvailable: too many groups
    /// or sources. The memberships are as before.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void JoinGroup(IPAddress group, int interfaceIndex = 0, IPAddress? source = null) =>
        ChangeMembership(group, interfaceIndex, source, join: true);

    /// <summary>Undoes a <see cref="JoinGroup"/> with the same arguments. Closing the endpoint leaves all groups.</summary>
    /// <param name="group">The group's address.</param>
    /// <param name="interfaceIndex">The network interface that was joined on.</param>
    /// <param name="source">The source that was joined.</param>
    /// <exception cref="ArgumentNullException"><paramref name="group"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="interfaceIndex"/> is negative, or above 16 777 215 for an IPv4 group without a source.
    /// </exception>
    /// <exception cref="ArgumentException"><paramref name="group"/> is not a multicast address, or an address has the wrong family.</exception>
    /// <exception cref="SocketOperationException">AddressNotAvailable: it was not joined like that. Nothing has changed.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void LeaveGroup(IPAddress group, int interfaceIndex = 0, IPAddress? source = null) =>
        ChangeMembership(group, interfaceIndex, source, join: false);

    private void ChangeMembership(IPAddress group, int interfaceIndex, IPAddress? source, bool join)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentOutOfRangeException.ThrowIfNegative(interfaceIndex);
        string operation = join ? MulticastFaults.Join : MulticastFaults.Leave;
        using var lease = new SocketCall(this, operation, group.ToString());
        Socket socket = lease.Socket;
        if (!MulticastOptions.IsMulticast(group))
        {
            throw new ArgumentException($"{group} is not a multicast address.", nameof(group));
        }

        bool isOwnFamily = group.AddressFamily == socket.AddressFamily || (group.AddressFamily == AddressFamily.InterNetwork && ReachesIPv4);
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
            MulticastOptions.Change(socket, group, interfaceIndex, source, join);
        }
        catch (SocketException exception)
        {
            // .NET's message names neither the group nor the interface, and has no word for some reasons.
            throw MulticastFaults.Refused(operation, exception, this, group, interfaceIndex, source);
        }
    }
}
