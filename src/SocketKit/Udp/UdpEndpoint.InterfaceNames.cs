using System.Net;
using SocketKit.Engine.Platform;
using SocketKit.Errors;
using SocketKit.Udp;

namespace SocketKit;

// Multicast by the names of network interfaces. A name is looked up when the call is made: if_nametoindex(3).
public sealed partial class UdpEndpoint
{
    /// <summary>The name of the network interface that multicast datagrams leave through; see <see cref="MulticastInterface"/>.</summary>
    /// <value>
    /// For example "eth0". Null means that the routing table decides. It returns the name that the interface which was set has now, or null
    /// if there is no such interface any more.
    /// </value>
    /// <exception cref="ArgumentException">The value is empty.</exception>
    /// <exception cref="SocketOperationException">AddressNotAvailable: there is no such interface. Nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public string? MulticastInterfaceName
    {
        get => MulticastInterface is var index && index == 0 ? null : NetworkInterfaces.NameOf(index);
        set => MulticastInterface = value is null
            ? 0
            : IndexOf(value, nameof(value), $"{OptionFaults.Set} {MulticastOptions.InterfaceName}");
    }

    /// <summary>
    /// Joins a multicast group on the network interface with this name, otherwise like
    /// <see cref="JoinGroup(IPAddress, int, IPAddress?)"/>.
    /// </summary>
    /// <param name="group">The group's address.</param>
    /// <param name="interfaceName">The name of the network interface to join on, for example "eth0".</param>
    /// <param name="source">Null for all senders, or the only sender to receive from.</param>
    /// <exception cref="ArgumentNullException"><paramref name="group"/> or <paramref name="interfaceName"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="group"/> is not a multicast address, an address has the wrong family, or <paramref name="interfaceName"/> is empty.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// AddressNotAvailable: there is no such interface. AddressAlreadyInUse: the group or source is already joined. NoBufferSpaceAvailable:
    /// too many groups or sources. The memberships are unchanged.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void JoinGroup(IPAddress group, string interfaceName, IPAddress? source = null)
    {
        ArgumentNullException.ThrowIfNull(group);
        JoinGroup(group, IndexOf(interfaceName, nameof(interfaceName), $"{MulticastFaults.Join} {group}"), source);
    }

    /// <summary>
    /// Leaves a group that <see cref="JoinGroup(IPAddress, string, IPAddress?)"/> joined with the same arguments. Closing the endpoint
    /// leaves all groups.
    /// </summary>
    /// <param name="group">The group's address.</param>
    /// <param name="interfaceName">The name of the network interface of the join.</param>
    /// <param name="source">The source of the join.</param>
    /// <exception cref="ArgumentNullException"><paramref name="group"/> or <paramref name="interfaceName"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="group"/> is not a multicast address, an address has the wrong family, or <paramref name="interfaceName"/> is empty.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// AddressNotAvailable: there is no such interface or membership. The memberships are unchanged.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void LeaveGroup(IPAddress group, string interfaceName, IPAddress? source = null)
    {
        ArgumentNullException.ThrowIfNull(group);
        LeaveGroup(group, IndexOf(interfaceName, nameof(interfaceName), $"{MulticastFaults.Leave} {group}"), source);
    }

    private int IndexOf(string interfaceName, string parameter, string operation)
    {
        ArgumentException.ThrowIfNullOrEmpty(interfaceName, parameter);
        ThrowIfDisposed(operation);
        return NetworkInterfaces.IndexOf(interfaceName) is var index && index != 0
            ? index
            : throw MulticastFaults.NoInterface(operation, this, interfaceName);
    }
}
