using System.Net.Sockets;
using SocketKit.Sockets;
using SocketKit.Udp;

namespace SocketKit;

/// <summary>Options of <see cref="UdpEndpoint"/>.</summary>
public sealed class UdpEndpointOptions : SocketOptions
{
    /// <summary>
    /// SO_REUSEADDR only. On UDP it lets several sockets of this machine bind the same port. A unicast datagram goes to the last one that
    /// was bound, so any process may take over another's datagrams. Use it for multicast, where each socket gets every datagram.
    /// </summary>
    /// <value>False by default.</value>
    public bool ReuseAddress { get; set; }

    /// <summary>SO_REUSEPORT only: several sockets of one user share a port, and the kernel distributes senders among them.</summary>
    /// <value>False by default. Not available on Windows.</value>
    public bool ReusePort { get; set; }

    /// <summary>SO_BROADCAST. Without it, a send to a broadcast address fails with AccessDenied.</summary>
    /// <value>False by default.</value>
    public bool EnableBroadcast { get; set; }

    /// <summary>Whether an endpoint on all IPv6 addresses also exchanges datagrams with IPv4 peers (IPV6_V6ONLY off).</summary>
    /// <value>True by default. On a system without IPv6, all IPv4 addresses are bound.</value>
    public bool DualMode { get; set; } = true;

    /// <summary>
    /// Whether each received datagram reports its destination address and its network interface, in
    /// <see cref="ReceivedDatagram.LocalAddress"/> and <see cref="ReceivedDatagram.InterfaceIndex"/>: IP_PKTINFO, IPV6_RECVPKTINFO.
    /// </summary>
    /// <value>False by default.</value>
    public bool ReceivePacketInfo { get; set; }

    /// <summary>
    /// Whether each datagram of a <see cref="DatagramBatch"/> reports the ECN bits that it arrived with, in <see cref="DatagramSlot.Ecn"/>:
    /// IP_RECVTOS, IPV6_RECVTCLASS. Linux only; elsewhere it has no effect.
    /// </summary>
    /// <value>False by default.</value>
    public bool ReceiveEcn { get; set; }

    /// <summary>
    /// Whether each datagram of a <see cref="DatagramBatch"/> reports the TTL or hop limit that it arrived with, in
    /// <see cref="DatagramSlot.Ttl"/>: IP_RECVTTL, IPV6_RECVHOPLIMIT. Linux only; elsewhere it has no effect.
    /// </summary>
    /// <value>False by default.</value>
    public bool ReceiveTtl { get; set; }

    /// <summary>
    /// Whether each datagram of a <see cref="DatagramBatch"/> reports when the kernel received it, in
    /// <see cref="DatagramSlot.Timestamp"/>: SO_TIMESTAMPNS. Linux only; elsewhere it has no effect.
    /// </summary>
    /// <value>False by default.</value>
    public bool ReceiveTimestamp { get; set; }

    /// <summary>
    /// Whether the kernel keeps each error about a datagram that was sent, for <see cref="UdpEndpoint.TryReceiveError"/>: IP_RECVERR,
    /// IPV6_RECVERR. An endpoint without a peer is then told of ICMP errors, too: as on a connected one, the next send or receive throws,
    /// once. A send that finds the queue of the network device full throws NoBufferSpaceAvailable, where the datagram was lost in silence
    /// before. Linux only; elsewhere it has no effect.
    /// </summary>
    /// <value>False by default.</value>
    public bool ReceiveErrors { get; set; }

    /// <summary>
    /// Whether runs of equal datagrams to one receiver are handed to the kernel as one, which cuts them: UDP_SEGMENT. It concerns
    /// <see cref="UdpEndpoint.SendSegments"/> and <see cref="DatagramEndpoint.SendBatch"/> in all their shapes. What arrives is the same.
    /// </summary>
    /// <value>
    /// <see cref="UdpOffload.Auto"/> by default: used where the kernel has it (Linux 4.18), until it refuses a run and takes the same
    /// datagrams singly. <see cref="UdpEndpoint.Capabilities"/> tells.
    /// </value>
    public UdpOffload SegmentationOffload { get; set; }

    /// <summary>
    /// Whether the kernel may hand over datagrams of one sender as one: UDP_GRO. They are taken apart before anybody sees them, by every
    /// receive. <see cref="SocketBase.Available"/>, waits and pollers count what is left of them. It is switched on by the first
    /// <see cref="DatagramEndpoint.ReceiveBatch"/> of the endpoint, in any of its shapes, and takes 512 KiB of memory from then on.
    /// </summary>
    /// <value>
    /// <see cref="UdpOffload.Auto"/> by default: used where the kernel has it (Linux 5.0). Set <see cref="UdpOffload.Off"/> if somebody
    /// else receives from the same socket by a duplicate, because he would get datagrams as one.
    /// </value>
    public UdpOffload ReceiveOffload { get; set; }

    /// <summary>
    /// How long a connect to a host may take. Only the name look-up takes time: a datagram socket exchanges nothing when it connects.
    /// </summary>
    /// <value>15 s by default. Positive, or infinite. Connects that look the same name up at the same time share one look-up.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Who looks names up; tests replace it.</summary>
    internal NameLookups Names { get; set; } = NameLookups.Default;

    /// <summary>Whether batches tell more of each datagram than content and sender.</summary>
    internal bool HasDetails => ReceivePacketInfo || ReceiveEcn || ReceiveTtl || ReceiveTimestamp;

    internal override void Validate()
    {
        base.Validate();
        CheckPositive(ConnectTimeout, nameof(ConnectTimeout));
        CheckDefined(SegmentationOffload, nameof(SegmentationOffload));
        CheckDefined(ReceiveOffload, nameof(ReceiveOffload));
    }

    internal override void ApplyTo(Socket socket)
    {
        ApplyToBound(socket);
        if (ReuseAddress)
        {
            AddressReuse.SetReuseAddress(socket, true);
        }

        if (ReusePort)
        {
            AddressReuse.SetReusePort(socket);
        }
    }

    /// <summary>Sets the options that have an effect on a socket that is bound.</summary>
    internal void ApplyToBound(Socket socket)
    {
        base.ApplyTo(socket);
        if (OperatingSystem.IsWindows())
        {
            WindowsUdp.IgnoreIcmpErrors(socket);
        }

        if (EnableBroadcast)
        {
            UdpSockets.SetBroadcast(socket, true);
        }

        if (ReceivePacketInfo)
        {
            UdpSockets.AskForPacketInfo(socket);
        }

        if (ReceiveErrors)
        {
            DatagramDetails.AskForErrors(socket);
        }

        DatagramDetails.Ask(socket, ReceiveEcn, ReceiveTtl, ReceiveTimestamp);
    }
}
