namespace SocketKit;

/// <summary>What an ICMP or ICMPv6 message says.</summary>
public enum IcmpMessageKind
{
    /// <summary>None of the others; <see cref="IcmpMessage.Type"/> tells.</summary>
    Other = 0,

    /// <summary>A question of ping.</summary>
    EchoRequest = 1,

    /// <summary>The answer to one, with the same identifier, sequence number and data.</summary>
    EchoReply = 2,

    /// <summary>A router dropped a packet whose time to live (hop limit) had run out.</summary>
    TimeExceeded = 3,

    /// <summary>A packet could not be delivered; <see cref="IcmpMessage.Code"/> says why.</summary>
    DestinationUnreachable = 4,

    /// <summary>A packet was too long for a link (ICMPv6). ICMP says so by <see cref="DestinationUnreachable"/> with code 4.</summary>
    PacketTooBig = 5,
}
