using System.Buffers.Binary;
using System.Net.Sockets;

namespace SocketKit;

/// <summary>
/// A view of an ICMP message (RFC 792) or ICMPv6 message (RFC 4443) without its IP header. It copies and allocates nothing.
/// </summary>
public readonly ref struct IcmpMessage
{
    /// <summary>The length of the head of every message: type, code, checksum, and four bytes that depend on the type.</summary>
    public const int HeaderLength = 8;

    // RFC 792 and RFC 4443: the places of the fields.
    private const int ChecksumOffset = 2;
    private const int IdentifierOffset = 4;
    private const int SequenceOffset = 6;

    // RFC 792.
    private const byte EchoReply = 0;
    private const byte Unreachable = 3;
    private const byte EchoRequest = 8;
    private const byte TimeExceeded = 11;

    // RFC 4443.
    private const byte UnreachableV6 = 1;
    private const byte TooBigV6 = 2;
    private const byte TimeExceededV6 = 3;
    private const byte EchoRequestV6 = 128;
    private const byte EchoReplyV6 = 129;

    /// <summary>RFC 8200 section 3: the fixed header of IPv6, and the place of the next header's number in it.</summary>
    private const int IPv6HeaderLength = 40;
    private const int NextHeaderOffset = 6;

    private readonly ReadOnlySpan<byte> _message;
    private readonly bool _isIPv6;

    private IcmpMessage(ReadOnlySpan<byte> message, bool isIPv6)
    {
        _message = message;
        _isIPv6 = isIPv6;
    }

    /// <summary>What the message says.</summary>
    public IcmpMessageKind Kind => _isIPv6
        ? Type switch
        {
            EchoRequestV6 => IcmpMessageKind.EchoRequest,
            EchoReplyV6 => IcmpMessageKind.EchoReply,
            TimeExceededV6 => IcmpMessageKind.TimeExceeded,
            UnreachableV6 => IcmpMessageKind.DestinationUnreachable,
            TooBigV6 => IcmpMessageKind.PacketTooBig,
            _ => IcmpMessageKind.Other,
        }
        : Type switch
        {
            EchoRequest => IcmpMessageKind.EchoRequest,
            EchoReply => IcmpMessageKind.EchoReply,
            TimeExceeded => IcmpMessageKind.TimeExceeded,
            Unreachable => IcmpMessageKind.DestinationUnreachable,
            _ => IcmpMessageKind.Other,
        };

    /// <summary>The type, a number of its protocol.</summary>
    public byte Type => _message[0];

    /// <summary>The code, which says more about the type.</summary>
    public byte Code => _message[1];

    /// <summary>The identifier of an echo request or reply. It is undefined for other messages.</summary>
    public ushort Identifier => BinaryPrimitives.ReadUInt16BigEndian(_message[IdentifierOffset..]);

    /// <summary>The sequence number of an echo request or reply. It is undefined for other messages.</summary>
    public ushort Sequence => BinaryPrimitives.ReadUInt16BigEndian(_message[SequenceOffset..]);

    /// <summary>
    /// What follows the head: the data of an echo request or reply; for an error, the beginning of the packet that it is about, from its IP
    /// header on.
    /// </summary>
    public ReadOnlySpan<byte> Payload => _message[HeaderLength..];

    /// <summary>Reads a message.</summary>
    /// <param name="message">The message from its type on, without the IP header.</param>
    /// <param name="family">InterNetwork for ICMP, InterNetworkV6 for ICMPv6.</param>
    /// <returns>A view of these bytes. It is valid as long as they do not change.</returns>
    /// <exception cref="ArgumentException">The family is not an IP family.</exception>
    /// <exception cref="PacketFormatException">There are fewer than 8 bytes.</exception>
    public static IcmpMessage Parse(ReadOnlySpan<byte> message, AddressFamily family)
    {
        bool isIPv6 = IsIPv6(family);
        return message.Length < HeaderLength
            ? throw new PacketFormatException("This is no ICMP message: it has fewer than 8 bytes.")
            : new IcmpMessage(message, isIPv6);
    }

    /// <summary>Writes an echo request.</summary>
    /// <param name="destination">Where it goes, at least 8 bytes longer than the data.</param>
    /// <param name="family">InterNetwork for ICMP, InterNetworkV6 for ICMPv6, whose checksum the kernel fills in (RFC 3542).</param>
    /// <param name="identifier">
    /// Tells the replies to this program from those to others. An unprivileged socket replaces it by its own.
    /// </param>
    /// <param name="sequence">Tells the replies to this request from those to others.</param>
    /// <param name="data">What the reply has to bring back.</param>
    /// <returns>The length of the message.</returns>
    /// <exception cref="ArgumentException">The family is not an IP family, or <paramref name="destination"/> is too short.</exception>
    public static int WriteEchoRequest(
        Span<byte> destination, AddressFamily family, ushort identifier, ushort sequence, ReadOnlySpan<byte> data = default)
    {
        bool isIPv6 = IsIPv6(family);
        int length = HeaderLength + data.Length;
        if (destination.Length < length)
        {
            throw new ArgumentException($"The message takes {length} bytes, and there are {destination.Length}.", nameof(destination));
        }

        // The data comes first, because it may lie in the same memory.
        data.CopyTo(destination[HeaderLength..]);
        destination[0] = isIPv6 ? EchoRequestV6 : EchoRequest;
        destination[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(destination[ChecksumOffset..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(destination[IdentifierOffset..], identifier);
        BinaryPrimitives.WriteUInt16BigEndian(destination[SequenceOffset..], sequence);
        if (!isIPv6)
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination[ChecksumOffset..], InternetChecksum.Compute(destination[..length]));
        }

        return length;
    }

    /// <summary>Reads which echo request an error is about.</summary>
    /// <param name="identifier">The identifier of the request.</param>
    /// <param name="sequence">Its sequence number.</param>
    /// <returns>False if the message is no error, or is not about an echo request, or too little of the request is there.</returns>
    public bool TryGetOriginalEcho(out ushort identifier, out ushort sequence)
    {
        identifier = sequence = 0;
        if (Kind is not (IcmpMessageKind.TimeExceeded or IcmpMessageKind.DestinationUnreachable or IcmpMessageKind.PacketTooBig)
            || !TryGetOriginal(out ReadOnlySpan<byte> original)
            || original.Length < HeaderLength
            || original[0] != (_isIPv6 ? EchoRequestV6 : EchoRequest))
        {
            return false;
        }

        identifier = BinaryPrimitives.ReadUInt16BigEndian(original[IdentifierOffset..]);
        sequence = BinaryPrimitives.ReadUInt16BigEndian(original[SequenceOffset..]);
        return true;
    }

    private static bool IsIPv6(AddressFamily family) => family switch
    {
        AddressFamily.InterNetwork => false,
        AddressFamily.InterNetworkV6 => true,
        _ => throw new ArgumentException($"{family} is not an IP family.", nameof(family)),
    };

    private bool TryGetOriginal(out ReadOnlySpan<byte> original)
    {
        original = default;
        if (_isIPv6)
        {
            bool isIcmp = Payload.Length >= IPv6HeaderLength && Payload[NextHeaderOffset] == (byte)ProtocolType.IcmpV6;
            original = isIcmp ? Payload[IPv6HeaderLength..] : default;
            return isIcmp;
        }

        if (!IPv4Header.TryParse(Payload, out IPv4Header header) || header.Protocol != ProtocolType.Icmp || header.FragmentOffset != 0)
        {
            return false;
        }

        original = header.Payload;
        return true;
    }
}
