using System.Net.NetworkInformation;
using System.Runtime.InteropServices;

namespace SocketKit;

public readonly partial record struct TcpInfo
{
    /// <summary>The size of the buffer for TCP_INFO. Linux 6.18 fills 280 bytes; every kernel fills as many as it has.</summary>
    internal const int MostBytes = 512;

    /// <summary>The end of tcpi_total_retrans. Every kernel that .NET supports fills this much.</summary>
    internal const int LeastBytes = 104;

    /// <summary>Parses struct tcp_info of linux/tcp.h, as far as the kernel filled it. The offsets are the same on x64 and arm64.</summary>
    internal static TcpInfo Parse(ReadOnlySpan<byte> info) => new()
    {
        State = StateOf(info[0]),
        Retransmits = info[2],
        RetransmissionTimeout = Microseconds(info, 8),
        SendSegmentSize = Int(info, 16),
        ReceiveSegmentSize = Int(info, 20),
        Unacknowledged = Int(info, 24),
        Lost = Int(info, 32),
        Retransmitting = Int(info, 36),
        SinceLastDataSent = TimeSpan.FromMilliseconds(UInt(info, 44)),
        SinceLastDataReceived = TimeSpan.FromMilliseconds(UInt(info, 52)),
        PathMtu = Int(info, 60),
        RoundTripTime = Microseconds(info, 68),
        RoundTripTimeVariance = Microseconds(info, 72),
        CongestionWindow = Int(info, 80),
        TotalRetransmits = Int(info, 100),
        BytesAcknowledged = LongOrNull(info, 120),
        BytesReceived = LongOrNull(info, 128),
        BytesNotSent = Covers(info, 144, sizeof(uint)) ? Int(info, 144) : null,
        MinimumRoundTripTime = Covers(info, 148, sizeof(uint)) ? Microseconds(info, 148) : null,
        DeliveryRate = LongOrNull(info, 160),
        BytesSent = LongOrNull(info, 200),
        BytesRetransmitted = LongOrNull(info, 208),
    };

    private static bool Covers(ReadOnlySpan<byte> info, int offset, int size) => info.Length >= offset + size;

    private static uint UInt(ReadOnlySpan<byte> info, int offset) => MemoryMarshal.Read<uint>(info[offset..]);

    /// <summary>A counter above int.MaxValue becomes int.MaxValue instead of a negative number.</summary>
    private static int Int(ReadOnlySpan<byte> info, int offset) => (int)Math.Min(UInt(info, offset), int.MaxValue);

    private static TimeSpan Microseconds(ReadOnlySpan<byte> info, int offset) => TimeSpan.FromMicroseconds(UInt(info, offset));

    private static long? LongOrNull(ReadOnlySpan<byte> info, int offset) =>
        Covers(info, offset, sizeof(ulong)) ? (long)Math.Min(MemoryMarshal.Read<ulong>(info[offset..]), long.MaxValue) : null;

    // include/net/tcp_states.h
    private static TcpState StateOf(byte state) => state switch
    {
        1 => TcpState.Established,
        2 => TcpState.SynSent,
        3 or 12 => TcpState.SynReceived,
        4 => TcpState.FinWait1,
        5 => TcpState.FinWait2,
        6 => TcpState.TimeWait,
        7 => TcpState.Closed,
        8 => TcpState.CloseWait,
        9 => TcpState.LastAck,
        10 => TcpState.Listen,
        11 => TcpState.Closing,
        _ => TcpState.Unknown,
    };
}
