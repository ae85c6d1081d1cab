using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Raw;

public abstract class RawEndpointTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const byte EchoRequest = 8;
    private const byte EchoReply = 0;
    private const byte EchoRequestV6 = 128;
    private const byte EchoReplyV6 = 129;

    /// <summary>RFC 3692: for experiments, so nobody has a name for it, nor does anybody answer.</summary>
    private const ProtocolType Experimental = (ProtocolType)253;

    /// <summary>RFC 791: a header without options, and the greatest total length.</summary>
    private const int IPv4Header = 20;
    private const int LongestPacket = 65535;

    private static readonly IPEndPoint s_loopback = new(IPAddress.Loopback, 0);

    private RawEndpointOptions RawOptions => new() { Engine = Engine, ReceiveTimeout = Limits.Hang };

    [LinuxFact(Root = true)]
    public async Task Loopback_answers_an_echo_request()
    {
        using RawEndpoint icmp = RawEndpoint.OpenIcmp(options: RawOptions);
        byte[] request = Request(identifier: 0x1234, sequence: 7);

        icmp.SendTo(request, new IPEndPoint(IPAddress.Loopback, 0)).Should().Be(request.Length);
        Reply(icmp, icmp.ReceiveFrom).Should().Be(7);

        await icmp.SendToAsync(Request(0x1234, 8), new IPEndPoint(IPAddress.Loopback, 0)).Within();
        byte[] buffer = new byte[128];
        (await icmp.ReceiveFromAsync(buffer).Within()).Length.Should().BePositive();
    }

    [IPv6RootFact]
    public void IPv6_loopback_answers_and_its_messages_have_no_header()
    {
        using RawEndpoint icmp = RawEndpoint.Open(AddressFamily.InterNetworkV6, ProtocolType.IcmpV6, RawOptions);

        // The kernel fills in the checksum of ICMPv6, which covers the addresses (RFC 3542 section 3.1).
        byte[] request = Request(identifier: 0x1235, sequence: 9);
        request[0] = EchoRequestV6;
        icmp.SendTo(request, new IPEndPoint(IPAddress.IPv6Loopback, 0)).Should().Be(request.Length);

        icmp.IncludesIPHeader.Should().BeFalse();
        Reply(icmp, icmp.ReceiveFrom, EchoReplyV6).Should().Be(9);
    }

    [LinuxFact(Root = true)]
    public void A_raw_IPv4_receive_begins_with_the_header_and_reports_truncation()
    {
        using RawEndpoint icmp = RawEndpoint.Open(AddressFamily.InterNetwork, ProtocolType.Icmp, RawOptions);
        byte[] buffer = new byte[20];

        icmp.SendTo(Request(0x4321, 1), new IPEndPoint(IPAddress.Loopback, 0));
        ReceivedDatagram received = icmp.ReceiveFrom(buffer);

        icmp.IncludesIPHeader.Should().BeTrue();
        icmp.IsUnprivileged.Should().BeFalse();
        buffer[0].Should().Be(0x45);
        received.IsTruncated.Should().BeTrue();
        ((IPEndPoint)received.RemoteEndPoint!).Address.Should().Be(IPAddress.Loopback);
    }

    [LinuxFact(Root = true)]
    public async Task Dispose_wakes_a_blocked_raw_receive()
    {
        // This one only sends, so nothing arrives.
        RawEndpoint raw = RawEndpoint.Open(AddressFamily.InterNetwork, ProtocolType.Raw, new RawEndpointOptions { Engine = Engine });
        using var started = new ManualResetEventSlim();
        Task receive = Limits.OnThread(() =>
        {
            started.Set();
            raw.ReceiveFrom(new byte[8]);
        });
        started.Wait(Limits.Hang).Should().BeTrue();

        raw.Dispose();

        await new Func<Task>(() => receive.Within()).Should().ThrowAsync<ObjectDisposedException>();
    }

    [LinuxFact(Root = true)]
    public void A_protocol_that_has_only_a_number_is_sent_and_received() => SendAndReceive(IPAddress.Loopback);

    [IPv6RootFact]
    public void A_protocol_that_has_only_a_number_is_sent_and_received_over_IPv6() => SendAndReceive(IPAddress.IPv6Loopback);

    [LinuxFact(Root = true)]
    public void A_number_that_is_no_protocol_is_refused()
    {
        foreach (ProtocolType protocol in new[] { ProtocolType.Unknown, ProtocolType.Unspecified, (ProtocolType)256 })
        {
            Exception? refusal = Record.Exception(() => RawEndpoint.Open(AddressFamily.InterNetwork, protocol, RawOptions));

            Expect.Socket(refusal, SocketError.ProtocolNotSupported).Message
                .Should().StartWith($"open on {protocol} (InterNetwork, Raw) failed");
        }
    }

    /// <summary>Nothing of a packet is looked at, so no content and no length may make a difference.</summary>
    [LinuxFact(Root = true)]
    public async Task Packets_of_random_content_and_length_arrive_whole_in_every_shape()
    {
        const int Packets = 20_000;

        // An address of this process alone keeps other test runs away.
        var target = new IPEndPoint(new IPAddress(
            [127, (byte)(64 | (Environment.ProcessId >> 16)), (byte)(Environment.ProcessId >> 8), (byte)Environment.ProcessId]), 0);
        RawEndpointOptions options = RawOptions;
        options.Configure = socket => socket.Bind(target);
        using RawEndpoint receiver = RawEndpoint.Open(AddressFamily.InterNetwork, Experimental, options);
        using RawEndpoint sender = RawEndpoint.Open(AddressFamily.InterNetwork, Experimental, RawOptions);
        var random = new Random(253);
        byte[] packet = new byte[LongestPacket - IPv4Header];
        byte[] buffer = new byte[LongestPacket];
        for (int i = 0; i < Packets; i++)
        {
            // Mostly short ones, and now and then one up to the longest.
            int length = random.Next(random.Next(100) == 0 ? packet.Length + 1 : 100);
            random.NextBytes(packet.AsSpan(0, length));
            int room = random.Next(4) == 0 ? random.Next(IPv4Header + length + 1) : buffer.Length;

            sender.SendTo(packet.AsSpan(0, length), target).Should().Be(length);
            ReceivedDatagram received = (i % 3) switch
            {
                0 => receiver.ReceiveFrom(buffer.AsSpan(0, room)),
                1 => await receiver.ReceiveFromAsync(buffer.AsMemory(0, room)),
                _ => TryReceive(receiver, buffer.AsSpan(0, room)),
            };

            int expected = Math.Min(room, IPv4Header + length);
            bool isRight = received.Length == expected && received.IsTruncated == room < IPv4Header + length
                && Equals(received.RemoteEndPoint, s_loopback)
                && buffer.AsSpan(Math.Min(IPv4Header, expected)..expected).SequenceEqual(
                    packet.AsSpan(0, Math.Max(0, expected - IPv4Header)));
            if (!isRight)
            {
                Assert.Fail(
                    $"packet {i} of {length} bytes into {room}: {received.Length} bytes from {received.RemoteEndPoint}, "
                    + $"truncated {received.IsTruncated}");
            }
        }

        receiver.TryReceiveFrom(buffer, out _).Should().BeFalse("each came once");

        static ReceivedDatagram TryReceive(RawEndpoint receiver, Span<byte> buffer)
        {
            receiver.WaitReadable(Limits.Hang).Should().BeTrue();
            receiver.TryReceiveFrom(buffer, out ReceivedDatagram received).Should().BeTrue();
            return received;
        }
    }

    [Fact]
    public void A_family_without_IP_is_refused()
    {
        new Action(() => RawEndpoint.Open(AddressFamily.Unix, ProtocolType.Icmp)).Should().Throw<ArgumentException>();
        new Action(() => RawEndpoint.OpenIcmp(AddressFamily.Unix)).Should().Throw<ArgumentException>();
    }

    private void SendAndReceive(IPAddress loopback)
    {
        using RawEndpoint raw = RawEndpoint.Open(loopback.AddressFamily, Experimental, RawOptions);
        var target = new IPEndPoint(loopback, 0);
        byte[] data = Guid.NewGuid().ToByteArray();
        byte[] buffer = new byte[128];

        raw.SendTo(data, target).Should().Be(data.Length);

        ReceivedDatagram received;
        do
        {
            // Packets of other test runs come here, too.
            received = raw.ReceiveFrom(buffer);
        }
        while (!buffer.AsSpan(0, received.Length).EndsWith(data));

        received.RemoteEndPoint.Should().Be(target);
        received.Length.Should().Be(data.Length + (raw.IncludesIPHeader ? IPv4Header : 0));
        raw.IsUnprivileged.Should().BeFalse();
        raw.Socket.AddressFamily.Should().Be(loopback.AddressFamily);
    }

    private delegate ReceivedDatagram Receive(Span<byte> buffer);

    /// <summary>The sequence number of the first reply; a raw socket on loopback sees the request, too.</summary>
    private static int Reply(RawEndpoint icmp, Receive receive, byte kind = EchoReply)
    {
        byte[] buffer = new byte[256];
        while (true)
        {
            ReceivedDatagram received = receive(buffer);
            int header = icmp.IncludesIPHeader ? (buffer[0] & 0xf) * 4 : 0;
            ReadOnlySpan<byte> message = buffer.AsSpan(header, received.Length - header);
            if (message[0] == kind)
            {
                return BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
            }
        }
    }

    /// <summary>RFC 792: type, code, checksum, identifier, sequence.</summary>
    private static byte[] Request(ushort identifier, ushort sequence)
    {
        byte[] message = new byte[8];
        message[0] = EchoRequest;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(4), identifier);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), sequence);
        int sum = (EchoRequest << 8) + identifier + sequence;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), (ushort)~((sum & 0xffff) + (sum >> 16)));
        return message;
    }
}

public sealed class RawEndpointTests_Portable : RawEndpointTests<PortableUnderTest>;

public sealed class RawEndpointTests_Epoll : RawEndpointTests<EpollUnderTest>;
