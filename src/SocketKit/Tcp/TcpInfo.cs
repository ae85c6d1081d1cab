using System.Net.NetworkInformation;

namespace SocketKit;

/// <summary>
/// What the kernel knows about one TCP connection at one moment: TCP_INFO (linux/tcp.h). Members that are null are unknown to the kernel
/// at hand, because it is older than they are. Windows and queues of TCP are counted in segments, as the kernel does.
/// </summary>
public readonly partial record struct TcpInfo
{
    /// <summary>The state of the connection (RFC 9293 section 3.3.2).</summary>
    public TcpState State { get; private init; }

    /// <summary>The smoothed round-trip time (RFC 6298).</summary>
    public TimeSpan RoundTripTime { get; private init; }

    /// <summary>The mean deviation of the round-trip time (RFC 6298).</summary>
    public TimeSpan RoundTripTimeVariance { get; private init; }

    /// <summary>The shortest round-trip time that was seen lately. Linux 4.6.</summary>
    public TimeSpan? MinimumRoundTripTime { get; private init; }

    /// <summary>After how long a segment without an acknowledgement is sent again (RFC 6298).</summary>
    public TimeSpan RetransmissionTimeout { get; private init; }

    /// <summary>How often in a row that time has passed without an answer; 0 on a healthy connection.</summary>
    public int Retransmits { get; private init; }

    /// <summary>Segments that were sent again since the connection began.</summary>
    public int TotalRetransmits { get; private init; }

    /// <summary>Segments that are being sent again now.</summary>
    public int Retransmitting { get; private init; }

    /// <summary>Segments sent and not yet acknowledged.</summary>
    public int Unacknowledged { get; private init; }

    /// <summary>Segments that are taken for lost.</summary>
    public int Lost { get; private init; }

    /// <summary>The congestion window in segments (RFC 5681).</summary>
    public int CongestionWindow { get; private init; }

    /// <summary>The largest segment that is sent, in bytes.</summary>
    public int SendSegmentSize { get; private init; }

    /// <summary>The largest segment that the peer sent, as estimated, in bytes.</summary>
    public int ReceiveSegmentSize { get; private init; }

    /// <summary>The path MTU in bytes (RFC 1191).</summary>
    public int PathMtu { get; private init; }

    /// <summary>Time since data was last sent.</summary>
    public TimeSpan SinceLastDataSent { get; private init; }

    /// <summary>Time since data was last received.</summary>
    public TimeSpan SinceLastDataReceived { get; private init; }

    /// <summary>The rate in bytes per second at which data lately reached the peer. Linux 4.9.</summary>
    public long? DeliveryRate { get; private init; }

    /// <summary>Bytes that the peer has acknowledged. Linux 4.1.</summary>
    public long? BytesAcknowledged { get; private init; }

    /// <summary>Bytes received, whether or not the application has taken them. Linux 4.1.</summary>
    public long? BytesReceived { get; private init; }

    /// <summary>Bytes sent, those sent again included. Linux 4.19.</summary>
    public long? BytesSent { get; private init; }

    /// <summary>Bytes sent again. Linux 4.19.</summary>
    public long? BytesRetransmitted { get; private init; }

    /// <summary>Bytes in the kernel's send buffer that were not sent once. Linux 4.6.</summary>
    public int? BytesNotSent { get; private init; }
}
