namespace SocketKit;

/// <summary>
/// Explicit congestion notification: the two low bits of the traffic class of an IP packet (RFC 3168 section 5). The values are those on
/// the wire.
/// </summary>
public enum Ecn
{
    /// <summary>Not-ECT: the sender does not take part.</summary>
    None = 0,

    /// <summary>ECT(1): the sender takes part; L4S senders use it (RFC 9331).</summary>
    Ect1 = 1,

    /// <summary>ECT(0): the sender takes part.</summary>
    Ect0 = 2,

    /// <summary>CE: a router on the way was congested.</summary>
    CongestionExperienced = 3,
}
