using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>Structures and constants of the calls that move many datagrams, against the headers of this system.</summary>
[SupportedOSPlatform("linux")]
public sealed class BatchLayoutTests
{
    private static readonly string[] s_headers =
        ["time.h", "errno.h", "linux/errqueue.h", "netinet/in.h", "netinet/udp.h", "sys/socket.h", "sys/uio.h"];

    private static readonly (string Expression, long Ours)[] s_expected =
    [
        ("sizeof(struct mmsghdr)", Marshal.SizeOf<MessageEntry>()),
        ("offsetof(struct mmsghdr, msg_hdr)", Marshal.OffsetOf<MessageEntry>(nameof(MessageEntry.Header))),
        ("offsetof(struct mmsghdr, msg_len)", Marshal.OffsetOf<MessageEntry>(nameof(MessageEntry.Length))),
        ("sizeof(struct sockaddr_storage)", DatagramBatch.NameBytes),
        ("MSG_WAITFORONE", Libc.MSG_WAITFORONE),
        ("SO_TIMESTAMPNS", Libc.SO_TIMESTAMPNS),
        ("SCM_TIMESTAMPNS", Libc.SO_TIMESTAMPNS),
        ("sizeof(struct timespec)", 2 * sizeof(long)),
        ("IP_TOS", Libc.IP_TOS),
        ("IPV6_TCLASS", Libc.IPV6_TCLASS),
        ("IP_TTL", Libc.IP_TTL),
        ("IPV6_HOPLIMIT", Libc.IPV6_HOPLIMIT),
        ("sizeof(struct sock_extended_err)", Marshal.SizeOf<ExtendedError>()),
        ("offsetof(struct sock_extended_err, ee_origin)", Marshal.OffsetOf<ExtendedError>(nameof(ExtendedError.Origin))),
        ("offsetof(struct sock_extended_err, ee_type)", Marshal.OffsetOf<ExtendedError>(nameof(ExtendedError.Type))),
        ("offsetof(struct sock_extended_err, ee_info)", Marshal.OffsetOf<ExtendedError>(nameof(ExtendedError.Information))),
        ("SO_EE_ORIGIN_ICMP", ExtendedError.Icmp),
        ("SO_EE_ORIGIN_ICMP6", ExtendedError.Icmp6),
        ("MSG_ERRQUEUE", Libc.MSG_ERRQUEUE),
        ("IP_RECVERR", Libc.IP_RECVERR),
        ("IPV6_RECVERR", Libc.IPV6_RECVERR),
        ("IP_RECVTTL", 12),
        ("IPV6_RECVHOPLIMIT", 51),
        ("sizeof(struct in_pktinfo)", Marshal.SizeOf<IPv4PacketInfo>()),
        ("offsetof(struct in_pktinfo, ipi_spec_dst)", Marshal.OffsetOf<IPv4PacketInfo>(nameof(IPv4PacketInfo.Source))),
        ("sizeof(struct in6_pktinfo)", Marshal.SizeOf<IPv6PacketInfo>()),
        ("offsetof(struct in6_pktinfo, ipi6_ifindex)", Marshal.OffsetOf<IPv6PacketInfo>(nameof(IPv6PacketInfo.InterfaceIndex))),
        ("IP_RECVTOS", 13),
        ("IPV6_RECVTCLASS", 66),
        ("IPPROTO_IP", Libc.IPPROTO_IP),
        ("IPPROTO_IPV6", Libc.IPPROTO_IPV6),
        ("CMSG_SPACE(4)", ControlWriter.Write(new byte[64], 0, 0, 1)),
        ("CMSG_SPACE(2)", ControlWriter.Write<ushort>(new byte[64], 0, 0, 1)),
        ("IPPROTO_UDP", Libc.IPPROTO_UDP),
        ("UDP_SEGMENT", Libc.UDP_SEGMENT),
        ("UDP_GRO", Libc.UDP_GRO),
        ("MSG_CTRUNC", Libc.MSG_CTRUNC),
        ("EIO", Errno.EIO),
        ("EINVAL", Errno.EINVAL),
        ("EMSGSIZE", Errno.EMSGSIZE),
        ("2 * CMSG_SPACE(4) + CMSG_SPACE(2) <= 96", SendVector.ControlBytes == 96 ? 1 : 0),
    ];

    [LinuxFact("gcc")]
    public async Task Structures_and_constants_are_those_of_the_headers()
    {
        IReadOnlyList<long> values = await Headers.EvaluateAsync(s_headers, s_expected.Select(static row => row.Expression));

        s_expected.Select((row, i) => $"{row.Expression} = {values[i]}")
            .Should().Equal(s_expected.Select(static row => $"{row.Expression} = {row.Ours}"));
    }
}
