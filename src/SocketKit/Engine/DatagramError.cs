using System.Net;
using System.Net.Sockets;

namespace SocketKit;

/// <summary>
/// Why a datagram did not arrive, as a router, the receiver's machine or this machine has reported it. See
/// <see cref="UdpEndpointOptions.ReceiveErrors"/>.
/// </summary>
public sealed class DatagramError
{
    internal DatagramError(
        SocketError error, IPEndPoint? target, IPAddress? reporter, int icmpType, int icmpCode, int mtu, ReadOnlyMemory<byte> data)
    {
        Error = error;
        Target = target;
        Reporter = reporter;
        IcmpType = icmpType;
        IcmpCode = icmpCode;
        Mtu = mtu;
        Data = data;
    }

    /// <summary>The meaning of the report.</summary>
    /// <value>
    /// For example ConnectionRefused (nobody has the port), HostUnreachable (no route, or the TTL has run out), MessageSize.
    /// </value>
    public SocketError Error { get; }

    /// <summary>Where the datagram was sent to.</summary>
    /// <value>An IPv4-mapped IPv6 address is shown as IPv4. Null if the system does not tell.</value>
    public IPEndPoint? Target { get; }

    /// <summary>The router or machine that sent the ICMP message.</summary>
    /// <value>Null if this machine found the error itself.</value>
    public IPAddress? Reporter { get; }

    /// <summary>The type of the ICMP message (RFC 792), or of the ICMPv6 message (RFC 4443) if the reporter is an IPv6 address.</summary>
    /// <value>0 if this machine found the error itself.</value>
    public int IcmpType { get; }

    /// <summary>The code of the ICMP message, which refines its type.</summary>
    public int IcmpCode { get; }

    /// <summary>The MTU of the narrow link, in bytes of an IP packet: RFC 1191, RFC 8201.</summary>
    /// <value>0 unless <see cref="Error"/> is MessageSize.</value>
    public int Mtu { get; }

    /// <summary>The first bytes of the datagram, as far as the report has them. A sequence number there tells which one it was.</summary>
    /// <value>Over IPv4 at least 0 bytes and usually up to 548 (RFC 1812 section 4.3.2.3).</value>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>Target, error and reporter, for logs.</summary>
    /// <returns>For example "192.0.2.1:53: HostUnreachable, reported by 10.0.0.1 (ICMP 11.0)".</returns>
    public override string ToString() =>
        $"{Target?.ToString() ?? "?"}: {Error}, "
        + (Reporter is null ? "found by this machine" : $"reported by {Reporter} (ICMP {IcmpType}.{IcmpCode})");
}
