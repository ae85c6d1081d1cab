using System.Net;
using SocketKit.Engine.Batches;

namespace SocketKit;

/// <summary>One datagram of a <see cref="DatagramBatch"/>: a view that is valid until the batch changes.</summary>
/// <remarks>What a datagram carries besides its content was asked for in the options of the endpoint that received it.</remarks>
public readonly ref struct DatagramSlot
{
    private readonly DatagramBatch _batch;
    private readonly int _slot;

    internal DatagramSlot(DatagramBatch batch, int slot)
    {
        _batch = batch;
        _slot = slot;
    }

    /// <summary>The content. It may be changed in place; the length stays.</summary>
    public Span<byte> Data => _batch.DataOf(_slot)[..State.Length];

    /// <summary>
    /// The sender of a received datagram, or the receiver of an added one, readable without allocation. The object belongs to the batch,
    /// which writes another address into it later.
    /// </summary>
    /// <value>Its <c>Size</c> is 0 for an unnamed Unix sender, and for a datagram that was added for the peer.</value>
    public SocketAddress RemoteAddress => _batch.AddressOf(_slot);

    /// <summary>The same as <see cref="RemoteAddress"/>, as a new object on each read.</summary>
    /// <value>An IPv4-mapped IPv6 address is shown as IPv4. Null if there is no address.</value>
    public EndPoint? RemoteEndPoint => _batch.EndPointOf(_slot);

    /// <summary>Whether the datagram was longer than the batch's datagram size; the rest is lost.</summary>
    public bool IsTruncated => State.IsTruncated;

    /// <summary>The address that the datagram was sent to: one of this machine's, a multicast group, or the broadcast address.</summary>
    /// <value>Null unless <see cref="UdpEndpointOptions.ReceivePacketInfo"/> was set.</value>
    public IPAddress? LocalAddress => _batch.LocalOf(_slot);

    /// <summary>The index of the network interface that received the datagram.</summary>
    /// <value>0 unless <see cref="UdpEndpointOptions.ReceivePacketInfo"/> was set.</value>
    public int InterfaceIndex => State.InterfaceIndex;

    /// <summary>The ECN bits that the datagram arrived with.</summary>
    /// <value><see cref="Ecn.None"/> unless <see cref="UdpEndpointOptions.ReceiveEcn"/> was set.</value>
    public Ecn Ecn => State.Ecn;

    /// <summary>The TTL, or over IPv6 the hop limit, that the datagram arrived with: 1 to 255.</summary>
    /// <value>0 unless <see cref="UdpEndpointOptions.ReceiveTtl"/> was set.</value>
    public int Ttl => State.Ttl;

    /// <summary>When the kernel received the datagram, in UTC, by the clock of the machine.</summary>
    /// <value>Null unless <see cref="UdpEndpointOptions.ReceiveTimestamp"/> was set.</value>
    public DateTimeOffset? Timestamp => State.Timestamp == 0 ? null : new DateTimeOffset(State.Timestamp, TimeSpan.Zero);

    /// <summary>
    /// Bytes of each datagram of the run that the kernel handed over as one, and that this datagram was cut from; the last of a run may be
    /// shorter.
    /// </summary>
    /// <value>0 if it came alone, or <see cref="UdpCapabilities.ReceiveOffload"/> is not in use.</value>
    public int SegmentSize => State.SegmentSize;

    private ref SlotState State => ref _batch.StateOf(_slot);
}
