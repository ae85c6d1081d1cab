using SocketKit.Engine;

namespace SocketKit;

public sealed partial class UdpEndpoint
{
    private readonly UdpCapabilities _details;

    /// <summary>What this endpoint uses of its system at this moment. Readable after close.</summary>
    /// <value>
    /// What the <see cref="UdpEndpointOptions"/> ask for and the system has. The offloads change with what the endpoint does; see
    /// <see cref="UdpCapabilities"/>.
    /// </value>
    public UdpCapabilities Capabilities
    {
        get
        {
            UdpCapabilities all = _details | (Channel.Offload.TakesTrains ? UdpCapabilities.ReceiveOffload : UdpCapabilities.None);
            try
            {
                all |= Channel.Offload.Segments ? UdpCapabilities.SegmentationOffload : UdpCapabilities.None;
            }
            catch (ObjectDisposedException)
            {
                // Closed before the system was asked, so nothing was ever sent as one.
            }

            return all;
        }
    }

    /// <summary>
    /// The datagrams that the kernel has dropped in front of this endpoint because its receive buffer was full: getsockopt(2), SO_MEMINFO.
    /// Readable after close.
    /// </summary>
    /// <value>
    /// Never decreases. A run that would have been received as one (<see cref="UdpCapabilities.ReceiveOffload"/>) and is dropped as one
    /// counts once. 0 on Windows and macOS, which do not tell, and before Linux 4.12: <see cref="UdpCapabilities.DropCount"/> says
    /// whether it counts.
    /// </value>
    public long DroppedByKernel => CountDrops();

    /// <summary>Tells the channel what the options ask for, before its first call.</summary>
    private UdpCapabilities UseOffloads(DatagramChannel channel, UdpEndpointOptions? options)
    {
        channel.Offload.UseOffloads(
            segments: options is null or { SegmentationOffload: UdpOffload.Auto },
            trains: options is null or { ReceiveOffload: UdpOffload.Auto });
        bool isLinux = OperatingSystem.IsLinux();
        return If(channel.ReceivesPacketInfo, UdpCapabilities.PacketInfo)
            | If(isLinux && options is { ReceiveEcn: true }, UdpCapabilities.Ecn)
            | If(isLinux && options is { ReceiveTtl: true }, UdpCapabilities.Ttl)
            | If(isLinux && options is { ReceiveTimestamp: true }, UdpCapabilities.Timestamp)
            | If(isLinux && options is { ReceiveErrors: true }, UdpCapabilities.Errors)
            | If(CountsDrops, UdpCapabilities.DropCount);

        static UdpCapabilities If(bool isSo, UdpCapabilities capability) => isSo ? capability : UdpCapabilities.None;
    }
}
