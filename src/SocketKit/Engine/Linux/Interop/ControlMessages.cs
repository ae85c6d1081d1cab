using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>
/// Walks the control messages that recvmsg(2) gave (cmsg(3)), and reads those that this library knows: descriptors and packet information.
/// </summary>
[SupportedOSPlatform("linux")]
internal ref struct ControlMessages(ReadOnlySpan<byte> control)
{
    // in_pktinfo: int ifindex; in_addr spec_dst; in_addr addr, the datagram's own destination. in6_pktinfo: in6_addr addr; int ifindex.
    private const int IPv4InfoBytes = 12;
    private const int IPv4DestinationOffset = 8;
    private const int IPv4AddressBytes = 4;
    private const int IPv6InfoBytes = 20;
    private const int IPv6AddressBytes = 16;

    // A tick of .NET is 100 ns.
    private const int NanosecondsPerTick = 100;

    private ReadOnlySpan<byte> _rest = control;
    private ReadOnlySpan<byte> _data;
    private int _level;
    private int _type;

    /// <summary>The descriptors of this message (SCM_RIGHTS, unix(7)), an int each; empty for a message of another kind.</summary>
    public readonly ReadOnlySpan<byte> Handles => _level == Libc.SOL_SOCKET && _type == Libc.SCM_RIGHTS ? _data : default;

    /// <summary>Moves to the next message. A message that the kernel truncated is given as far as it goes.</summary>
    public bool MoveNext()
    {
        if (_rest.Length < ControlHeader.Bytes)
        {
            return false;
        }

        ControlHeader header = MemoryMarshal.Read<ControlHeader>(_rest);
        if (header.Length < ControlHeader.Bytes)
        {
            return false;
        }

        int length = (int)Math.Min(header.Length, (nuint)_rest.Length);
        _level = header.Level;
        _type = header.Type;
        _data = _rest[ControlHeader.Bytes..length];

        // CMSG_ALIGN: the next header is aligned to a machine word.
        int step = (length + nint.Size - 1) & -nint.Size;
        _rest = step < _rest.Length ? _rest[step..] : default;
        return true;
    }

    /// <summary>Whether this message is the traffic class (IP_TOS, one byte, ip(7); IPV6_TCLASS, an int, RFC 3542 section 6.5).</summary>
    public readonly bool IsTrafficClass(out int trafficClass)
    {
        bool isIPv4 = _level == Libc.IPPROTO_IP && _type == Libc.IP_TOS && _data.Length >= 1;
        bool isIPv6 = _level == Libc.IPPROTO_IPV6 && _type == Libc.IPV6_TCLASS && _data.Length >= sizeof(int);
        trafficClass = isIPv4 || isIPv6 ? _data[0] : 0;
        return isIPv4 || isIPv6;
    }

    /// <summary>Whether this message is the TTL (IP_TTL, ip(7); IPV6_HOPLIMIT, RFC 3542 section 6.3), an int in both.</summary>
    public readonly bool IsTtl(out byte ttl)
    {
        bool isTtl = ((_level == Libc.IPPROTO_IP && _type == Libc.IP_TTL) || (_level == Libc.IPPROTO_IPV6 && _type == Libc.IPV6_HOPLIMIT))
            && _data.Length >= sizeof(int);
        ttl = isTtl ? (byte)MemoryMarshal.Read<int>(_data) : (byte)0;
        return isTtl;
    }

    /// <summary>Whether this message is an error of the queue (IP_RECVERR, ip(7); IPV6_RECVERR, ipv6(7)).</summary>
    /// <param name="error">What happened.</param>
    /// <param name="offender">The sockaddr of the machine that reported it (SO_EE_OFFENDER, linux/errqueue.h).</param>
    public readonly bool IsExtendedError(out ExtendedError error, out ReadOnlySpan<byte> offender)
    {
        bool isIPv4 = _level == Libc.IPPROTO_IP && _type == Libc.IP_RECVERR;
        bool isIPv6 = _level == Libc.IPPROTO_IPV6 && _type == Libc.IPV6_RECVERR;
        bool isError = (isIPv4 || isIPv6) && _data.Length >= ExtendedError.Bytes;
        error = isError ? MemoryMarshal.Read<ExtendedError>(_data) : default;
        offender = isError ? _data[ExtendedError.Bytes..] : default;
        return isError;
    }

    /// <summary>Whether this message is the time of arrival (SO_TIMESTAMPNS, a struct timespec), here in ticks of UTC.</summary>
    public readonly bool IsTimestamp(out long ticks)
    {
        ticks = 0;
        if (_level != Libc.SOL_SOCKET || _type != Libc.SO_TIMESTAMPNS || _data.Length < 2 * sizeof(long))
        {
            return false;
        }

        long seconds = MemoryMarshal.Read<long>(_data);
        long nanoseconds = MemoryMarshal.Read<long>(_data[sizeof(long)..]);
        ticks = DateTime.UnixEpoch.Ticks + (seconds * TimeSpan.TicksPerSecond) + (nanoseconds / NanosecondsPerTick);
        return true;
    }

    /// <summary>
    /// Whether this message is the size of the datagrams that came as one (UDP_GRO, an int: udp_cmsg_recv in include/linux/udp.h).
    /// </summary>
    public readonly bool IsSegmentSize(out int segmentSize)
    {
        bool isSize = _level == Libc.IPPROTO_UDP && _type == Libc.UDP_GRO && _data.Length >= sizeof(int);
        segmentSize = isSize ? MemoryMarshal.Read<int>(_data) : 0;
        return isSize;
    }

    /// <summary>Whether this message is packet information (IP_PKTINFO, ip(7); IPV6_PKTINFO, ipv6(7)).</summary>
    /// <param name="destination">The destination of the datagram, 4 or 16 bytes.</param>
    /// <param name="interfaceIndex">The interface that received it.</param>
    public readonly bool IsPacketInfo(out ReadOnlySpan<byte> destination, out int interfaceIndex)
    {
        if (_level == Libc.IPPROTO_IP && _type == Libc.IP_PKTINFO && _data.Length >= IPv4InfoBytes)
        {
            destination = _data.Slice(IPv4DestinationOffset, IPv4AddressBytes);
            interfaceIndex = MemoryMarshal.Read<int>(_data);
            return true;
        }

        if (_level == Libc.IPPROTO_IPV6 && _type == Libc.IPV6_PKTINFO && _data.Length >= IPv6InfoBytes)
        {
            destination = _data[..IPv6AddressBytes];
            interfaceIndex = MemoryMarshal.Read<int>(_data[IPv6AddressBytes..]);
            return true;
        }

        destination = default;
        interfaceIndex = 0;
        return false;
    }
}
