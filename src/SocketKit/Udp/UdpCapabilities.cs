namespace SocketKit;

/// <summary>What a <see cref="UdpEndpoint"/> uses of its system: what its options ask for, and the system has.</summary>
[Flags]
public enum UdpCapabilities
{
    /// <summary>Nothing of what follows.</summary>
    None = 0,

    /// <summary>
    /// Runs of equal datagrams are handed to the kernel as one, which cuts them: UDP_SEGMENT, Linux 4.18. This ends if the kernel refuses a
    /// run for any other reason than the length of its datagrams.
    /// </summary>
    SegmentationOffload = 1,

    /// <summary>
    /// Batches are filled from runs of datagrams that the kernel hands over as one: UDP_GRO, Linux 5.0. This begins with the first
    /// <see cref="DatagramEndpoint.ReceiveBatch"/> of the endpoint, in any of its shapes.
    /// </summary>
    ReceiveOffload = 2,

    /// <summary>Each datagram of a batch has its <see cref="DatagramSlot.Ecn"/>.</summary>
    Ecn = 4,

    /// <summary>Each datagram of a batch has its <see cref="DatagramSlot.Timestamp"/>.</summary>
    Timestamp = 8,

    /// <summary>Each datagram has its destination and its interface.</summary>
    PacketInfo = 16,

    /// <summary><see cref="UdpEndpoint.DroppedByKernel"/> counts.</summary>
    DropCount = 32,

    /// <summary>Each datagram of a batch has its <see cref="DatagramSlot.Ttl"/>.</summary>
    Ttl = 64,

    /// <summary>The kernel keeps errors for <see cref="UdpEndpoint.TryReceiveError"/>.</summary>
    Errors = 128,
}
