using System.Net;
using System.Net.Sockets;

namespace SocketKit.Udp;

/// <summary>Group membership and the outgoing interface, with the structures that .NET has no types for.</summary>
internal static class MulticastOptions
{
    // linux/in.h, ws2ipdef.h, netinet/in.h of macOS: the numbers of MCAST_JOIN_SOURCE_GROUP and MCAST_LEAVE_SOURCE_GROUP.
    private const int LinuxJoinSource = 46;
    private const int LinuxLeaveSource = 47;
    private const int WindowsJoinSource = 45;
    private const int WindowsLeaveSource = 46;
    private const int BsdJoinSource = 82;
    private const int BsdLeaveSource = 83;

    // struct group_source_req: the interface, then two sockaddr_storage of 128 bytes, which macOS packs to 4 bytes, Windows aligns to 8 and
    // Linux to a pointer.
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

    public static bool IsMulticast(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6
        ? address.IsIPv6Multicast
        : address.GetAddressBytes()[0] is >= FirstIPv4Multicast and <= LastIPv4Multicast;

    public static void Change(Socket socket, IPAddress group, int interfaceIndex, IPAddress? source, bool join)
    {
        if (source is not null)
        {
            ChangeSource(socket, group, interfaceIndex, source, join);
            return;
        }

        SocketOptionName name = join ? SocketOptionName.AddMembership : SocketOptionName.DropMembership;
        if (group.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.SetSocketOption(SocketOptionLevel.IPv6, name, new IPv6MulticastOption(group, interfaceIndex));
        }
        else
        {
            socket.SetSocketOption(SocketOptionLevel.IP, name, new MulticastOption(group, interfaceIndex));
        }
    }

    public static void SetIPv4Interface(Socket socket, int interfaceIndex)
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
            // An address 0.x.x.x means the interface number x elsewhere.
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, IPAddress.HostToNetworkOrder(interfaceIndex));
        }
    }

    private static void ChangeSource(Socket socket, IPAddress group, int interfaceIndex, IPAddress source, bool join)
    {
        int offset = OperatingSystem.IsLinux() ? nint.Size : OperatingSystem.IsWindows() ? WindowsStorageOffset : BsdStorageOffset;
        Span<byte> request = stackalloc byte[offset + (2 * StorageBytes)];
        request.Clear();
        BitConverter.TryWriteBytes(request, interfaceIndex);
        Write(group, request[offset..]);
        Write(source, request[(offset + StorageBytes)..]);
        int name = OperatingSystem.IsLinux() ? (join ? LinuxJoinSource : LinuxLeaveSource)
            : OperatingSystem.IsWindows() ? (join ? WindowsJoinSource : WindowsLeaveSource)
            : join ? BsdJoinSource : BsdLeaveSource;
        socket.SetRawSocketOption(group.AddressFamily == AddressFamily.InterNetworkV6 ? IPv6Level : IPLevel, name, request);
    }

    private static void Write(IPAddress address, Span<byte> storage)
    {
        SocketAddress serialized = new IPEndPoint(address, 0).Serialize();
        serialized.Buffer.Span[..serialized.Size].CopyTo(storage);
    }
}
