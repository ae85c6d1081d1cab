using System.Net;
using SocketKit.Udp;

namespace SocketKit;

// Groups that are joined for all senders but some: source-specific multicast in its exclude mode (RFC 3678).
public sealed partial class UdpEndpoint
{
    /// <summary>Receives nothing more from one sender to a group that was joined for all: MCAST_BLOCK_SOURCE (RFC 3678).</summary>
    /// <param name="group">The group's address.</param>
    /// <param name="source">The sender.</param>
    /// <param name="interfaceIndex">The index of the network interface of the join.</param>
    /// <exception cref="ArgumentNullException"><paramref name="group"/> or <paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="interfaceIndex"/> is negative.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="group"/> is not a multicast address, or an address has the wrong family.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// AddressNotAvailable: there is no such interface, or the group is not joined there for all senders. AddressAlreadyInUse: the source
    /// is blocked already. NoBufferSpaceAvailable: too many sources. The memberships are unchanged.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void BlockSource(IPAddress group, IPAddress source, int interfaceIndex = 0)
    {
        ArgumentNullException.ThrowIfNull(source);
        ChangeMembership(group, interfaceIndex, source, MembershipChange.Block);
    }

    /// <summary>
    /// Receives nothing more from one sender on the network interface with this name, otherwise like
    /// <see cref="BlockSource(IPAddress, IPAddress, int)"/>.
    /// </summary>
    /// <param name="group">The group's address.</param>
    /// <param name="source">The sender.</param>
    /// <param name="interfaceName">The name of the network interface of the join, for example "eth0".</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="group"/> is not a multicast address, an address has the wrong family, or <paramref name="interfaceName"/> is empty.
    /// </exception>
    /// <exception cref="SocketOperationException">As for <see cref="BlockSource(IPAddress, IPAddress, int)"/>.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void BlockSource(IPAddress group, IPAddress source, string interfaceName)
    {
        ArgumentNullException.ThrowIfNull(group);
        BlockSource(group, source, IndexOf(interfaceName, nameof(interfaceName), $"{MulticastFaults.Block} {group}"));
    }

    /// <summary>
    /// Receives again from a sender that <see cref="BlockSource(IPAddress, IPAddress, int)"/> blocked: MCAST_UNBLOCK_SOURCE.
    /// </summary>
    /// <param name="group">The group's address.</param>
    /// <param name="source">The sender.</param>
    /// <param name="interfaceIndex">The index of the network interface of the join.</param>
    /// <exception cref="ArgumentNullException"><paramref name="group"/> or <paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="interfaceIndex"/> is negative.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="group"/> is not a multicast address, or an address has the wrong family.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// AddressNotAvailable: there is no such interface, the group is not joined there for all senders, or the source is not blocked. The
    /// memberships are unchanged.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void UnblockSource(IPAddress group, IPAddress source, int interfaceIndex = 0)
    {
        ArgumentNullException.ThrowIfNull(source);
        ChangeMembership(group, interfaceIndex, source, MembershipChange.Unblock);
    }

    /// <summary>
    /// Receives again from a sender on the network interface with this name, otherwise like
    /// <see cref="UnblockSource(IPAddress, IPAddress, int)"/>.
    /// </summary>
    /// <param name="group">The group's address.</param>
    /// <param name="source">The sender.</param>
    /// <param name="interfaceName">The name of the network interface of the join, for example "eth0".</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="group"/> is not a multicast address, an address has the wrong family, or <paramref name="interfaceName"/> is empty.
    /// </exception>
    /// <exception cref="SocketOperationException">As for <see cref="UnblockSource(IPAddress, IPAddress, int)"/>.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void UnblockSource(IPAddress group, IPAddress source, string interfaceName)
    {
        ArgumentNullException.ThrowIfNull(group);
        UnblockSource(group, source, IndexOf(interfaceName, nameof(interfaceName), $"{MulticastFaults.Unblock} {group}"));
    }
}
