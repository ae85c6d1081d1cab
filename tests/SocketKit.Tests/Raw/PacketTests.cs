using System.Net;
using System.Net.Sockets;

namespace SocketKit.Tests.Raw;

/// <summary>Views over packets that anybody may have sent.</summary>
public sealed class PacketTests
{
    /// <summary>A packet whose header has a known checksum, 0xB861, with the first bytes of its payload.</summary>
    private static readonly byte[] s_packet =
        Convert.FromHexString("45000073000040004011B861C0A80001C0A800C7" + "0102030405");

    [Fact]
    public void The_fields_of_a_header_are_read()
    {
        byte[] packet = Convert.FromHexString(
            "46B8002012342005" + "2A01" + "0000" + "0A0000010A000002" + "01010100" + "AABBCCDDEEFF0011" + "99");

        var header = IPv4Header.Parse(packet);

        header.HeaderLength.Should().Be(24);
        header.TypeOfService.Should().Be(0xB8);
        header.TotalLength.Should().Be(32);
        header.Identification.Should().Be(0x1234);
        header.DontFragment.Should().BeFalse();
        header.MoreFragments.Should().BeTrue();
        header.FragmentOffset.Should().Be(40);
        header.TimeToLive.Should().Be(42);
        header.Protocol.Should().Be(ProtocolType.Icmp);
        header.Source.Should().Be(IPAddress.Parse("10.0.0.1"));
        header.Destination.Should().Be(IPAddress.Parse("10.0.0.2"));
        header.Options.ToArray().Should().Equal(1, 1, 1, 0);
        header.Payload.ToArray().Should().Equal([0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0x00, 0x11], "what lies behind the packet is not its");
        header.HasValidChecksum.Should().BeFalse();
    }

    [Fact]
    public void The_checksum_is_that_of_RFC_1071()
    {
        var header = IPv4Header.Parse(s_packet);

        header.HasValidChecksum.Should().BeTrue();
        header.Checksum.Should().Be(0xB861);
        header.DontFragment.Should().BeTrue();
        header.Payload.Length.Should().Be(5, "the packet was cut");
        InternetChecksum.Compute(Convert.FromHexString("0001F203F4F5F6F7"))
            .Should().Be(0x220D, "the example in section 3 has the sum DDF2");
        InternetChecksum.Compute([]).Should().Be(0xFFFF);
        InternetChecksum.Compute([0x12]).Should().Be(InternetChecksum.Compute([0x12, 0]));
    }

    [Theory]
    [InlineData("", "at least 20 bytes")]
    [InlineData("45000014000000000000000000000000000000", "at least 20 bytes")]
    [InlineData("6500001400000000000000000000000000000000", "version")]
    [InlineData("4400001400000000000000000000000000000000", "fewer than 20")]
    [InlineData("4600001800000000000000000000000000000000", "cut off")]
    [InlineData("4500001300000000000000000000000000000000", "ends inside its header")]
    public void Nonsense_is_refused_with_its_reason(string packet, string reason)
    {
        byte[] bytes = Convert.FromHexString(packet);

        Record.Exception(() => IPv4Header.Parse(bytes).HeaderLength)
            .Should().BeOfType<PacketFormatException>().Which.Message.Should().Contain(reason);
        IPv4Header.TryParse(bytes, out _).Should().BeFalse();
    }

    [Fact]
    public void A_million_random_packets_cause_no_exception_but_the_typed_one()
    {
        var random = new Random(20_240_607);
        byte[] buffer = new byte[96];
        int parsed = 0;
        int refused = 0;
        int echoes = 0;
        for (int i = 0; i < 1_000_000; i++)
        {
            int length = random.Next(buffer.Length + 1);
            Span<byte> packet = buffer.AsSpan(0, length);
            random.NextBytes(packet);
            Steer(random, packet);
            bool isPacket = IPv4Header.TryParse(packet, out IPv4Header found);
            try
            {
                var header = IPv4Header.Parse(packet);
                isPacket.Should().BeTrue();
                header.Payload.Length.Should().Be(found.Payload.Length);
                parsed += Touch(header) >= 0 ? 1 : 0;
                echoes += Touch(IcmpMessage.Parse(header.Payload, AddressFamily.InterNetwork)) ? 1 : 0;
            }
            catch (PacketFormatException)
            {
                refused++;
            }

            try
            {
                echoes += Touch(IcmpMessage.Parse(packet, AddressFamily.InterNetworkV6)) ? 1 : 0;
            }
            catch (PacketFormatException)
            {
                refused++;
            }
        }

        parsed.Should().BeGreaterThan(100_000);
        refused.Should().BeGreaterThan(100_000);
        echoes.Should().BePositive();
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, "0800")]
    [InlineData(AddressFamily.InterNetworkV6, "8000")]
    public void An_echo_request_is_written_and_read(AddressFamily family, string typeAndCode)
    {
        byte[] buffer = new byte[16];

        int length = IcmpMessage.WriteEchoRequest(buffer, family, 0x1234, 7, "data"u8);
        var message = IcmpMessage.Parse(buffer.AsSpan(0, length), family);

        length.Should().Be(12);
        buffer.AsSpan(0, 2).SequenceEqual(Convert.FromHexString(typeAndCode)).Should().BeTrue();
        message.Kind.Should().Be(IcmpMessageKind.EchoRequest);
        message.Identifier.Should().Be(0x1234);
        message.Sequence.Should().Be(7);
        message.Payload.SequenceEqual("data"u8).Should().BeTrue();
        message.TryGetOriginalEcho(out _, out _).Should().BeFalse();
        (family != AddressFamily.InterNetwork || InternetChecksum.Compute(buffer.AsSpan(0, length)) == 0).Should().BeTrue();
        Record.Exception(() => IcmpMessage.WriteEchoRequest(new byte[11], family, 1, 1, "data"u8)).Should().BeOfType<ArgumentException>();
        Record.Exception(() => IcmpMessage.WriteEchoRequest(new byte[11], AddressFamily.Unix, 1, 1)).Should().BeOfType<ArgumentException>();
        Record.Exception(() => IcmpMessage.Parse(new byte[8], AddressFamily.Unix).Type).Should().BeOfType<ArgumentException>();
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, (byte)11, IcmpMessageKind.TimeExceeded)]
    [InlineData(AddressFamily.InterNetwork, (byte)3, IcmpMessageKind.DestinationUnreachable)]
    [InlineData(AddressFamily.InterNetworkV6, (byte)3, IcmpMessageKind.TimeExceeded)]
    [InlineData(AddressFamily.InterNetworkV6, (byte)1, IcmpMessageKind.DestinationUnreachable)]
    [InlineData(AddressFamily.InterNetworkV6, (byte)2, IcmpMessageKind.PacketTooBig)]
    public void An_error_tells_which_echo_request_it_is_about(AddressFamily family, byte type, IcmpMessageKind kind)
    {
        byte[] request = new byte[8];
        IcmpMessage.WriteEchoRequest(request, family, 0xABCD, 3);
        byte[] header = new byte[family == AddressFamily.InterNetwork ? 20 : 40];
        header[0] = family == AddressFamily.InterNetwork ? (byte)0x45 : (byte)0x60;
        header[3] = 84;
        header[6] = family == AddressFamily.InterNetwork ? (byte)0 : (byte)58;
        header[9] = 1;
        byte[] error = [type, 0, 0, 0, 0, 0, 0, 0, .. header, .. request];

        var message = IcmpMessage.Parse(error, family);

        message.Kind.Should().Be(kind);
        message.TryGetOriginalEcho(out ushort identifier, out ushort sequence).Should().BeTrue();
        (identifier, sequence).Should().Be(((ushort)0xABCD, (ushort)3));
        IcmpMessage.Parse(error.AsSpan(0, error.Length - 1), family).TryGetOriginalEcho(out _, out _).Should().BeFalse();
    }

    /// <summary>Most random bytes are refused at once, so most packets get a plausible beginning.</summary>
    private static void Steer(Random random, Span<byte> packet)
    {
        if (packet.Length < 32 || random.Next(4) == 0)
        {
            return;
        }

        packet[0] = (byte)(0x40 | random.Next(4, 16));
        packet[2] = (byte)random.Next(2);
        if (random.Next(4) == 0 && packet.Length >= 80)
        {
            // An error about an echo request, of either family.
            packet[0] = 0x45;
            packet[9] = 1;
            packet[20] = 11;
            packet[28] = (byte)(0x40 | random.Next(4, 8));
            packet[37] = 1;
        }
        else if (random.Next(4) == 0 && packet.Length >= 60)
        {
            packet[0] = (byte)random.Next(1, 4);
            packet[14] = 58;
            packet[48] = 128;
        }
    }

    private static int Touch(IPv4Header header) =>
        header.HeaderLength + header.TypeOfService + header.TotalLength + header.Identification + header.FragmentOffset + header.TimeToLive
        + (header.DontFragment || header.MoreFragments || header.HasValidChecksum ? 1 : 0) + (int)header.Protocol + header.Checksum
        + header.Options.Length + header.Payload.Length + header.Source.GetHashCode() % 2 + header.Destination.GetHashCode() % 2 + 4;

    private static bool Touch(IcmpMessage message) =>
        message.Type + message.Code + message.Identifier + message.Sequence + message.Payload.Length + (int)message.Kind >= 0
        && message.TryGetOriginalEcho(out _, out _);
}
