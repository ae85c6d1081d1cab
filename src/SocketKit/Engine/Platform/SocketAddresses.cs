using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SocketKit.Engine.Platform;

/// <summary>Reads and writes the sockaddr bytes of IPv4 and IPv6, without creating objects that the caller does not need.</summary>
internal static class SocketAddresses
{
    // netinet/in.h, the same offsets on all systems: port, IPv4 address; flow label, IPv6 address, scope.
    private const int PortOffset = 2;
    private const int IPv4Offset = 4;
    private const int IPv6Offset = 8;
    private const int IPv6ScopeOffset = 24;
    private const int IPv6AddressLength = 16;
    private const int IPv4AddressLength = 4;

    /// <summary>::ffff:0:0/96 (RFC 4291 section 2.5.5.2).</summary>
    private static ReadOnlySpan<byte> MappedPrefix => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

    /// <summary>sizeof(sockaddr_in) and sizeof(sockaddr_in6).</summary>
    public static int SizeOf(AddressFamily family) => family == AddressFamily.InterNetwork ? 16 : 28;

    /// <summary>
    /// Writes an address into a SocketAddress. An IPv4 address becomes IPv4-mapped in one of IPv6; a mapped address becomes IPv4 in one
    /// of IPv4.
    /// </summary>
    public static void Write(IPEndPoint endPoint, SocketAddress target)
    {
        Span<byte> bytes = target.Buffer.Span;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[PortOffset..], (ushort)endPoint.Port);
        if (target.Family == AddressFamily.InterNetwork)
        {
            WriteIPv4(endPoint.Address, bytes[IPv4Offset..]);
            return;
        }

        bytes[IPv4Offset..IPv6Offset].Clear();
        Span<byte> address = bytes.Slice(IPv6Offset, IPv6AddressLength);
        uint scope = 0;
        if (endPoint.Address.AddressFamily == AddressFamily.InterNetwork)
        {
            MappedPrefix.CopyTo(address);
            endPoint.Address.TryWriteBytes(address[MappedPrefix.Length..], out _);
        }
        else
        {
            endPoint.Address.TryWriteBytes(address, out _);
            scope = (uint)endPoint.Address.ScopeId;
        }

        BitConverter.TryWriteBytes(bytes[IPv6ScopeOffset..], scope);
    }

    /// <summary>Writes an IPv4 address as an IPv6 one (RFC 4291 section 2.5.5.2).</summary>
    public static void WriteMapped(SocketAddress ipv4, SocketAddress target)
    {
        ReadOnlySpan<byte> source = ipv4.Buffer.Span;
        Span<byte> bytes = target.Buffer.Span;
        source.Slice(PortOffset, sizeof(ushort)).CopyTo(bytes[PortOffset..]);
        bytes[IPv4Offset..IPv6Offset].Clear();
        MappedPrefix.CopyTo(bytes[IPv6Offset..]);
        source.Slice(IPv4Offset, IPv4AddressLength).CopyTo(bytes[(IPv6Offset + MappedPrefix.Length)..]);
        BitConverter.TryWriteBytes(bytes[IPv6ScopeOffset..], 0u);
    }

    /// <summary>The address as an endpoint, IPv4 where it is mapped.</summary>
    public static IPEndPoint Read(SocketAddress source) => Read(source.Buffer.Span, source.Family);

    /// <summary>The address as an endpoint, IPv4 where it is mapped.</summary>
    public static IPEndPoint Read(ReadOnlySpan<byte> bytes, AddressFamily family)
    {
        int port = BinaryPrimitives.ReadUInt16BigEndian(bytes[PortOffset..]);
        if (family == AddressFamily.InterNetwork)
        {
            return new IPEndPoint(new IPAddress(bytes.Slice(IPv4Offset, IPv4AddressLength)), port);
        }

        return new IPEndPoint(ReadIPv6(bytes.Slice(IPv6Offset, IPv6AddressLength), BitConverter.ToUInt32(bytes[IPv6ScopeOffset..])), port);
    }

    /// <summary>An address of 16 bytes; an IPv4-mapped one becomes IPv4.</summary>
    public static IPAddress ReadIPv6(ReadOnlySpan<byte> address, uint scope) => address.StartsWith(MappedPrefix)
        ? new IPAddress(address[MappedPrefix.Length..])
        : new IPAddress(address, scope);

    /// <summary>Whether it is an IPv6 address that stands for an IPv4 one.</summary>
    public static bool IsMapped(SocketAddress address) => address.Family == AddressFamily.InterNetworkV6
        && address.Size >= SizeOf(AddressFamily.InterNetworkV6)
        && address.Buffer.Span.Slice(IPv6Offset, IPv6AddressLength).StartsWith(MappedPrefix);

    /// <summary>Writes port and address of an IPv4-mapped address as in sockaddr_in. False: the address is not mapped.</summary>
    public static bool TryReadMapped(ReadOnlySpan<byte> ipv6, Span<byte> ipv4)
    {
        ReadOnlySpan<byte> address = ipv6.Slice(IPv6Offset, IPv6AddressLength);
        if (!address.StartsWith(MappedPrefix))
        {
            return false;
        }

        ipv6.Slice(PortOffset, sizeof(ushort)).CopyTo(ipv4[PortOffset..]);
        address[MappedPrefix.Length..].CopyTo(ipv4[IPv4Offset..]);
        return true;
    }

    /// <summary>A dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2); users want a.b.c.d.</summary>
    public static EndPoint? Unmap(EndPoint? endPoint) =>
        endPoint is IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } ip && ip.Address.IsIPv4MappedToIPv6
            ? new IPEndPoint(ip.Address.MapToIPv4(), ip.Port)
            : endPoint;

    public static int ReadPort(SocketAddress source) => BinaryPrimitives.ReadUInt16BigEndian(source.Buffer.Span[PortOffset..]);

    public static void WritePort(SocketAddress target, int port) =>
        BinaryPrimitives.WriteUInt16BigEndian(target.Buffer.Span[PortOffset..], (ushort)port);

    /// <summary>Whether two addresses are the same peer. IPv6's flow label does not count.</summary>
    public static bool AreSame(SocketAddress one, SocketAddress other)
    {
        if (one.Size != other.Size || one.Family != other.Family)
        {
            return false;
        }

        ReadOnlySpan<byte> left = one.Buffer.Span[..one.Size];
        ReadOnlySpan<byte> right = other.Buffer.Span[..other.Size];
        return one.Family switch
        {
            // The bytes after the address are padding.
            AddressFamily.InterNetwork => Same(left, right, PortOffset, IPv4Offset + IPv4AddressLength),
            AddressFamily.InterNetworkV6 => Same(left, right, PortOffset, IPv4Offset) && Same(left, right, IPv6Offset, left.Length),
            _ => left.SequenceEqual(right),
        };
    }

    /// <summary>The last four bytes of a mapped address are the IPv4 one.</summary>
    private static void WriteIPv4(IPAddress address, Span<byte> target)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            address.TryWriteBytes(target, out _);
            return;
        }

        Span<byte> ipv6 = stackalloc byte[IPv6AddressLength];
        address.TryWriteBytes(ipv6, out _);
        ipv6[MappedPrefix.Length..].CopyTo(target);
    }

    private static bool Same(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int start, int end) =>
        left[start..end].SequenceEqual(right[start..end]);
}
