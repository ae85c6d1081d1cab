using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>struct in_pktinfo (bits/in.h). In a send only the interface and the source count.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IPv4PacketInfo
{
    public int InterfaceIndex;
    public uint Source;
    public uint Destination;

    public static IPv4PacketInfo From(IPAddress source)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong) * 2];
        source.TryWriteBytes(bytes, out int length);

        // The last four bytes are the address, also of an IPv4-mapped one.
        return new() { Source = MemoryMarshal.Read<uint>(bytes[(length - sizeof(uint))..]) };
    }
}

/// <summary>struct in6_pktinfo (bits/in.h). An IPv4 address is given as a mapped one (net/ipv4/ip_sockglue.c, ip_cmsg_send).</summary>
[StructLayout(LayoutKind.Explicit, Size = 20)]
internal struct IPv6PacketInfo
{
    [FieldOffset(0)]
    public ulong AddressHigh;

    [FieldOffset(8)]
    public ulong AddressLow;

    [FieldOffset(16)]
    public int InterfaceIndex;

    public static IPv6PacketInfo From(IPAddress source)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong) * 2];
        if (source.AddressFamily == AddressFamily.InterNetwork)
        {
            // RFC 4291 section 2.5.5.2: ::ffff:0:0/96.
            bytes[..10].Clear();
            bytes[10] = bytes[11] = byte.MaxValue;
            source.TryWriteBytes(bytes[12..], out _);
        }
        else
        {
            source.TryWriteBytes(bytes, out _);
        }

        return new()
        {
            AddressHigh = MemoryMarshal.Read<ulong>(bytes),
            AddressLow = MemoryMarshal.Read<ulong>(bytes[sizeof(ulong)..]),
            InterfaceIndex = source.AddressFamily == AddressFamily.InterNetworkV6 ? (int)source.ScopeId : 0,
        };
    }
}
