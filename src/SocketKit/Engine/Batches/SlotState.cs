using System.Runtime.InteropServices;

namespace SocketKit.Engine.Batches;

/// <summary>What a batch knows of one datagram besides its bytes and its address.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct SlotState
{
    /// <summary>Bytes of the datagram.</summary>
    public int Length;

    /// <summary>Bytes of the sockaddr; 0: no address, which in a send means the peer.</summary>
    public int NameLength;

    /// <summary>Bytes of each datagram of the train that it came in; 0: it came alone.</summary>
    public int SegmentSize;

    public int InterfaceIndex;

    /// <summary>Ticks of UTC; 0: not known.</summary>
    public long Timestamp;

    /// <summary>The destination address as on the wire, in the first <see cref="LocalLength"/> bytes.</summary>
    public UInt128 Local;
    public byte LocalLength;
    public Ecn Ecn;

    /// <summary>TTL or hop limit; 0: not known.</summary>
    public byte Ttl;

    /// <summary>The ECN bits of a datagram to send; those of a received one are not sent back.</summary>
    public Ecn SentEcn;
    public bool IsTruncated;

    /// <summary>Whether the SocketAddress object of the slot has the bytes of the sockaddr.</summary>
    public bool IsAddressRead;

    /// <summary>Whether the endpoint has checked the address, and written it in its own family.</summary>
    public bool IsChecked;
}
