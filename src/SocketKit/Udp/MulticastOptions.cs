using System.Net;
using System.Net.Sockets;
using SocketKit.Errors;
using SocketKit.Sockets;
using SocketKit.Sockets.Options;

namespace SocketKit.Udp;

/// <summary>Sets group memberships and the outgoing interface, and lays out the structures that .NET has no types for.</summary>
internal static class MulticastOptions
{
    // linux/in.h, ws2ipdef.h, netinet/in.h of macOS: the numbers of MCAST_JOIN_SOURCE_GROUP, MCAST_LEAVE_SOURCE_GROUP, MCAST_BLOCK_SOURCE
    // and MCAST_UNBLOCK_SOURCE, in the order of MembershipChange.
    private static readonly int[] s_linux = [46, 47, 43, 44];
    private static readonly int[] s_windows = [45, 46, 43, 44];
    private static readonly int[] s_bsd = [82, 83, 84, 85];

    // struct group_source_req is the interface, then two sockaddr_storage of 128 bytes. macOS packs them to 4 bytes, Windows aligns them to
    // 8, and Linux to a pointer.
    private const int StorageBytes = 128;
    private const int WindowsStorageOffset = 8;
    private const int BsdStorageOffset = 4;

    // linux/in.h: IP_MULTICAST_IF takes struct ip_mreqn { group, address, interface index }.
    private const int LinuxMulticastInterface = 32;
    private const int MembershipBytes = 12;
    private const int MembershipIndexOffset = 8;

    private const byte FirstIPv4Multicast = 224;
    private const byte LastIPv4Multicast = 239;

    // IPPROTO_IP and IPPROTO_IPV6, on all systems.
    private const int IPLevel = 0;
    private const int IPv6Level = 41;

    /// <summary>The name of the option in messages, for both families.</summary>
    public const string InterfaceName = "IP_MULTICAST_IF";

    public static bool IsMulticast(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return address.IsIPv6Multicast;
        }

        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        address.TryWriteBytes(bytes, out _);
        return bytes[0] is >= FirstIPv4Multicast and <= LastIPv4Multicast;
    }

    public static void Change(Socket socket, IPAddress group, int interfaceIndex, IPAddress? source, MembershipChange change)
    {
        if (source is not null)
        {
            ChangeSource(socket, group, interfaceIndex, source, change);
            return;
        }

        SocketOptionName name = change == MembershipChange.Join ? SocketOptionName.AddMembership : SocketOptionName.DropMembership;
        if (group.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.SetSocketOption(SocketOptionLevel.IPv6, name, new IPv6MulticastOption(group, interfaceIndex));
        }
        else
        {
            socket.SetSocketOption(SocketOptionLevel.IP, name, new MulticastOption(group, interfaceIndex));
        }
    }

    public static int Get(SocketBase owner, SocketOptionName name)
    {
        bool isIPv6 = owner.SocketFor(OptionFaults.Get, NameOf(name, false)).AddressFamily == AddressFamily.InterNetworkV6;
        SocketOptionLevel level = isIPv6 ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP;
        using var lease = new SocketCall(owner, OptionFaults.Get, NameOf(name, isIPv6));
        return PlainOption.Get(lease.Socket, NameOf(name, isIPv6), socket => (int)socket.GetSocketOption(level, name)!, owner);
    }

    /// <summary>Sets an integer option on the endpoint's own level, and on the IPv4 level of a dual-mode endpoint.</summary>
    public static void Set(SocketBase owner, SocketOptionName name, int value, bool reachesIPv4)
    {
        bool isIPv6 = owner.SocketFor(OptionFaults.Set, NameOf(name, false)).AddressFamily == AddressFamily.InterNetworkV6;
        using var lease = new SocketCall(owner, OptionFaults.Set, NameOf(name, isIPv6));
        if (isIPv6)
        {
            PlainOption.Set(
                lease.Socket,
                NameOf(name, true),
                value,
                (socket, value) => socket.SetSocketOption(SocketOptionLevel.IPv6, name, value),
                owner);
        }

        if (!isIPv6 || reachesIPv4)
        {
            PlainOption.Set(
                lease.Socket,
                NameOf(name, false),
                value,
                (socket, value) => socket.SetSocketOption(SocketOptionLevel.IP, name, value),
                owner);
        }
    }

    /// <summary>Sets the interface on the endpoint's own level, and on the IPv4 level of a dual-mode endpoint.</summary>
    public static void SetInterface(SocketBase owner, int index, bool reachesIPv4)
    {
        using var lease = new SocketCall(owner, OptionFaults.Set, InterfaceName);
        Socket socket = lease.Socket;
        try
        {
            bool isIPv6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
            if (isIPv6)
            {
                socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, index);
            }

            if (!isIPv6 || reachesIPv4)
            {
                SetIPv4Interface(socket, index);
            }
        }
        catch (SocketException exception)
        {
            // .NET's message does not name the interface, nor say that it does not exist.
            throw MulticastFaults.InterfaceRefused(exception, owner, index);
        }
    }

    private static void SetIPv4Interface(Socket socket, int interfaceIndex)
    {
        if (OperatingSystem.IsLinux())
        {
            Span<byte> membership = stackalloc byte[MembershipBytes];
            membership.Clear();
            BitConverter.TryWriteBytes(membership[MembershipIndexOffset..], interfaceIndex);
            socket.SetRawSocketOption(IPLevel, LinuxMulticastInterface, membership);
        }
        else
        {
            // On other systems the address 0.x.x.x stands for interface number x.
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, IPAddress.HostToNetworkOrder(interfaceIndex));
        }
    }

    private static void ChangeSource(Socket socket, IPAddress group, int interfaceIndex, IPAddress source, MembershipChange change)
    {
        int offset = OperatingSystem.IsLinux() ? nint.Size : OperatingSystem.IsWindows() ? WindowsStorageOffset : BsdStorageOffset;
        Span<byte> request = stackalloc byte[offset + (2 * StorageBytes)];
        request.Clear();
        BitConverter.TryWriteBytes(request, interfaceIndex);
        Write(group, request[offset..]);
        Write(source, request[(offset + StorageBytes)..]);
        int name = (OperatingSystem.IsLinux() ? s_linux : OperatingSystem.IsWindows() ? s_windows : s_bsd)[(int)change];
        socket.SetRawSocketOption(group.AddressFamily == AddressFamily.InterNetworkV6 ? IPv6Level : IPLevel, name, request);
    }

    private static string NameOf(SocketOptionName name, bool isIPv6) => (name, isIPv6) switch
    {
        (SocketOptionName.MulticastTimeToLive, false) => "IP_MULTICAST_TTL",
        (SocketOptionName.MulticastTimeToLive, true) => "IPV6_MULTICAST_HOPS",
        (_, false) => "IP_MULTICAST_LOOP",
        (_, true) => "IPV6_MULTICAST_LOOP",
    };

    private static void Write(IPAddress address, Span<byte> storage)
    {
        SocketAddress serialized = new IPEndPoint(address, 0).Serialize();
        serialized.Buffer.Span[..serialized.Size].CopyTo(storage);
    }
}
