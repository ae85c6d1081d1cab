using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Platform;

/// <summary>Sends that name their source address, which the kernel takes as packet information (ip(7), RFC 3542 section 6.1).</summary>
internal sealed partial class NativeDatagramCalls
{
    /// <summary>Room for one control message of packet information.</summary>
    private const int SourceBytes = 64;

    private IoResult SendFrom(IPAddress from, ReadOnlySpan<byte> data, ReadOnlySpan<byte> address)
    {
        Span<byte> control = stackalloc byte[SourceBytes];
        int length = _isIPv6
            ? ControlWriter.Write(control, Libc.IPPROTO_IPV6, Libc.IPV6_PKTINFO, IPv6PacketInfo.From(from))
            : ControlWriter.Write(control, Libc.IPPROTO_IP, Libc.IP_PKTINFO, IPv4PacketInfo.From(from));
        IoResult outcome = Outcome(Messages.Send(_handle, data, address, control[..length], Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL));

        // The kernel tells a foreign source like a bad argument or a missing route (net/ipv4/route.c, ip_route_output_key_hash_rcu;
        // net/ipv6/datagram.c, ip6_datagram_send_ctl).
        return outcome.Error is (SocketError.InvalidArgument or SocketError.NetworkUnreachable) && IsForeign(from)
            ? IoResult.Failed(SocketError.AddressNotAvailable)
            : outcome;
    }

    /// <summary>Whether the address is not one of this machine, which only bind(2) knows for sure.</summary>
    private static bool IsForeign(IPAddress address)
    {
        try
        {
            using var probe = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            probe.Bind(new IPEndPoint(address, 0));
            return false;
        }
        catch (SocketException exception)
        {
            // With any other error, such as no descriptor left, the answer is not known, and the kernel's error stays.
            return exception.SocketErrorCode == SocketError.AddressNotAvailable;
        }
    }
}
