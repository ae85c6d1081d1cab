using System.Net.NetworkInformation;

namespace SocketKit;

/// <summary>
/// What the kernel knows about one TCP connection at one moment: TCP_INFO (linux/tcp.h). A member is null if the running kernel is too old
/// to report it. As in the kernel, windows and queues of TCP are counted in segments.
/// </summary>
public readonly partial record struct TcpInfo
{
    /// <summary>The state of the connection (RFC 9293 section 3.3.2).</summary>
    public TcpState State { get; private init; }

    /// <summary>The smoothed round-trip time (RFC 6298).</summary>
    public TimeSpan RoundTripTime { get; private init; }

    /// <summary>The mean deviation of the round-trip time (RFC 6298).</summary>
    public TimeSpan RoundTripTimeVariance { get; private init; }

    /// <summary>The shortest recent round-trip time. Linux 4.6.</summary>
    public TimeSpan? MinimumRoundTripTime { get; private init; }

    /// <summary>The time after which an unacknowledged segment is sent again (RFC 6298).</summary>
    public TimeSpan RetransmissionTimeout { get; private init; }

    /// <summary>How often in a row the retransmission time-out has passed; 0 on a healthy connection.</summary>
    public int Retransmits { get; private init; }

    /// <summary>The number of retransmitted segments since the connection began.</summary>
    public int TotalRetransmits { get; private init; }

    /// <summary>The number of segments that are being retransmitted now.</summary>
    public int Retransmitting { get; private init; }

    /// <summary>The number of segments that were sent and are not acknowledged yet.</summary>
    public int Unacknowledged { get; private init; }

    /// <summary>The number of segments that are considered lost.</summary>
    public int Lost { get; private init; }

    /// <summary>The congestion window in segments (RFC 5681).</summary>
    public int CongestionWindow { get; private init; }

    /// <summary>The largest segment that this side sends, in bytes.</summary>
    public int SendSegmentSize { get; private init; }

    /// <summary>The largest segment that the peer sends, in bytes, as the kernel estimates it.</summary>
    public int ReceiveSegmentSize { get; private init; }

    /// <summary>The path MTU in bytes (RFC 1191).</summary>
    public int PathMtu { get; private init; }

    /// <summary>The time since data was last sent.</summary>
    public TimeSpan SinceLastDataSent { get; private init; }

    /// <summary>The time since data was last received.</summary>
    public TimeSpan SinceLastDataReceived { get; private init; }

    /// <summary>The recent rate at which data reached the peer, in bytes per second. Linux 4.9.</summary>
    public long? DeliveryRate { get; private init; }

    /// <summary>The number of bytes that the peer has acknowledged. Linux 4.1.</summary>
    public long? BytesAcknowledged { get; private init; }

    /// <summary>The number of bytes received, including those that the application has not read yet. Linux 4.1.</summary>
    public long? BytesReceived { get; private init; }

    /// <summary>The number of bytes sent, including retransmissions. Linux 4.19.</summary>
    public long? BytesSent { get; private init; }

    /// <summary>The number of bytes retransmitted. Linux 4.19.</summary>
    public long? BytesRetransmitted { get; private init; }

    /// <summary>The number of bytes in the send buffer that have not been sent yet. Linux 4.6.</summary>
    public int? BytesNotSent { get; private init; }
}
