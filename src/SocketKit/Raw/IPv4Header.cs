using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SocketKit;

/// <summary>
/// An IPv4 header over the bytes of a packet, as a raw socket receives it (<see cref="RawEndpoint.IncludesIPHeader"/>): RFC 791. It copies
/// nothing and allocates only for addresses that are read.
/// </summary>
/// <example>
/// <code>
/// ReceivedDatagram datagram = raw.ReceiveFrom(buffer);
/// var header = IPv4Header.Parse(buffer.AsSpan(0, datagram.Length));
/// Console.WriteLine($"{header.Source}, hops left: {header.TimeToLive}");
/// </code>
/// </example>
public readonly ref struct IPv4Header
{
    // RFC 791 section 3.1: the format of the header.
    private const int ShortestHeader = 20;
    private const int VersionOfIPv4 = 4;
    private const int VersionShift = 4;
    private const int WordBytes = 4;
    private const int LengthOffset = 2;
    private const int IdentificationOffset = 4;
    private const int FragmentOffsetOffset = 6;
    private const int TimeToLiveOffset = 8;
    private const int ProtocolOffset = 9;
    private const int ChecksumOffset = 10;
    private const int SourceOffset = 12;
    private const int DestinationOffset = 16;
    private const int AddressBytes = 4;
    private const int DontFragmentBit = 0x4000;
    private const int MoreFragmentsBit = 0x2000;
    private const int FragmentOffsetMask = 0x1FFF;
    private const int FragmentUnit = 8;

    private readonly ReadOnlySpan<byte> _packet;

    private IPv4Header(ReadOnlySpan<byte> packet) => _packet = packet;

    /// <summary>The length of the header with its options.</summary>
    /// <value>20 to 60 bytes. 0 for a default value.</value>
    public int HeaderLength => _packet.IsEmpty ? 0 : (_packet[0] & 0xF) * WordBytes;

    /// <summary>The type of service: six bits of DSCP and two of ECN (RFC 2474, RFC 3168).</summary>
    public byte TypeOfService => _packet[1];

    /// <summary>The length of the whole packet, as the header says. A buffer that was too short for the packet holds less.</summary>
    /// <value>In bytes, with the header.</value>
    public int TotalLength => Word(LengthOffset);

    /// <summary>The number that the fragments of one packet share.</summary>
    public int Identification => Word(IdentificationOffset);

    /// <summary>Whether routers must not cut the packet (DF).</summary>
    public bool DontFragment => (Word(FragmentOffsetOffset) & DontFragmentBit) != 0;

    /// <summary>Whether this is a fragment that is not the last one (MF).</summary>
    public bool MoreFragments => (Word(FragmentOffsetOffset) & MoreFragmentsBit) != 0;

    /// <summary>Where the payload of this fragment belongs in that of the whole packet.</summary>
    /// <value>In bytes, a multiple of 8. 0 for a packet that was not cut.</value>
    public int FragmentOffset => (Word(FragmentOffsetOffset) & FragmentOffsetMask) * FragmentUnit;

    /// <summary>How many more routers the packet may pass (TTL).</summary>
    public byte TimeToLive => _packet[TimeToLiveOffset];

    /// <summary>The protocol of the payload.</summary>
    public ProtocolType Protocol => (ProtocolType)_packet[ProtocolOffset];

    /// <summary>The header's checksum, as it was received. <see cref="HasValidChecksum"/> compares it.</summary>
    public int Checksum => Word(ChecksumOffset);

    /// <summary>Whether the checksum is that of the header. The kernel has checked it in packets that it delivers.</summary>
    public bool HasValidChecksum => InternetChecksum.Compute(_packet[..HeaderLength]) == 0;

    /// <summary>The sender's address. Each read makes an object; <see cref="SourceBytes"/> does not.</summary>
    public IPAddress Source => new(SourceBytes);

    /// <summary>The receiver's address. Each read makes an object; <see cref="DestinationBytes"/> does not.</summary>
    public IPAddress Destination => new(DestinationBytes);

    /// <summary>The four bytes of the sender's address.</summary>
    public ReadOnlySpan<byte> SourceBytes => _packet.Slice(SourceOffset, AddressBytes);

    /// <summary>The four bytes of the receiver's address.</summary>
    public ReadOnlySpan<byte> DestinationBytes => _packet.Slice(DestinationOffset, AddressBytes);

    /// <summary>The options, padded to whole words; empty in most packets.</summary>
    public ReadOnlySpan<byte> Options => _packet[ShortestHeader..HeaderLength];

    /// <summary>What the packet carries. Of a packet that was cut by a short buffer: what is there.</summary>
    public ReadOnlySpan<byte> Payload => _packet[HeaderLength..];

    /// <summary>Reads the header of a packet.</summary>
    /// <param name="packet">The packet from its first byte on. What lies behind its <see cref="TotalLength"/> is ignored.</param>
    /// <returns>A view of these bytes. It is valid as long as they do not change.</returns>
    /// <exception cref="PacketFormatException">
    /// There are fewer than 20 bytes, the version is not 4, the header is longer than what is there, or longer than the packet.
    /// </exception>
    public static IPv4Header Parse(ReadOnlySpan<byte> packet) =>
        WhyNot(packet) is { } why ? throw new PacketFormatException($"This is no IPv4 packet: {why}.") : Of(packet);

    /// <summary>Reads the header of a packet, without an exception.</summary>
    /// <param name="packet">The packet from its first byte on. What lies behind its <see cref="TotalLength"/> is ignored.</param>
    /// <param name="header">A view of these bytes; it may be used only if the result is true.</param>
    /// <returns>False where <see cref="Parse"/> throws.</returns>
    public static bool TryParse(ReadOnlySpan<byte> packet, out IPv4Header header)
    {
        bool isOne = WhyNot(packet) is null;
        header = isOne ? Of(packet) : default;
        return isOne;
    }

    private static IPv4Header Of(ReadOnlySpan<byte> packet) =>
        new(packet[..Math.Min(packet.Length, BinaryPrimitives.ReadUInt16BigEndian(packet[LengthOffset..]))]);

    private static string? WhyNot(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < ShortestHeader)
        {
            return "a header has at least 20 bytes";
        }

        if (packet[0] >> VersionShift != VersionOfIPv4)
        {
            return "its version is not 4";
        }

        int headerLength = (packet[0] & 0xF) * WordBytes;
        return headerLength < ShortestHeader ? "its header says that it has fewer than 20 bytes"
            : headerLength > packet.Length ? "its header is cut off"
            : BinaryPrimitives.ReadUInt16BigEndian(packet[LengthOffset..]) < headerLength ? "it says that it ends inside its header"
            : null;
    }

    private int Word(int offset) => BinaryPrimitives.ReadUInt16BigEndian(_packet[offset..]);
}
