using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SocketKit.Sockets.Limits;

/// <summary>
/// Whom an address counts for: an IPv4 address for itself, an IPv6 address for its /64, because one host commonly has all of it
/// (RFC 6177, RFC 8981). An IPv4-mapped IPv6 address is the IPv4 address.
/// </summary>
internal readonly record struct AddressKey
{
    private const int IPv6Bytes = 16;

    private readonly ulong _network;
    private readonly bool _isIPv6;

    public AddressKey(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[IPv6Bytes];
        bool isMapped = address.IsIPv4MappedToIPv6;
        address.TryWriteBytes(bytes, out int length);
        _isIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6 && !isMapped;
        _network = _isIPv6
            ? BinaryPrimitives.ReadUInt64BigEndian(bytes)
            : BinaryPrimitives.ReadUInt32BigEndian(bytes[(length - sizeof(uint))..length]);
    }

    /// <summary>Seeded per process, so that nobody can choose addresses whose hashes are equal (CVE-2020-5234).</summary>
    public override int GetHashCode() => HashCode.Combine(_network, _isIPv6);
}
