using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

/// <summary>Batches whose equal datagrams go to the kernel as one, to receivers that know nothing of that.</summary>
public abstract class UdpBatchOffloadTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static bool HasSystemCalls => OperatingSystem.IsLinux() && typeof(TEngine) != typeof(PortableWithoutSystemCalls);

    /// <summary>The kernel refuses runs of a socket that computes no checksums (SO_NO_CHECK), and takes its single datagrams.</summary>
    private UdpEndpointOptions Refusing => new()
    {
        Engine = Engine,
        Configure = static socket => socket.SetRawSocketOption(1, 11, MemoryMarshal.AsBytes<int>(new[] { 1 })),
    };

    [Theory]
    [InlineData("64*100")]
    [InlineData("200*7")]
    [InlineData("60*1400")]
    [InlineData("2*100 50 3*100")]
    [InlineData("50 3*100 99 1 1 0 1 0 0 7")]
    [InlineData("3*0 5 5 0 5")]
    [InlineData("8*9000 100")]
    [InlineData("3*30000 1")]
    public void A_plain_socket_receives_each_datagram_of_a_batch_whole_and_in_order(string datagrams)
    {
        int[] lengths = LengthsOf(datagrams);
        using Socket plain = PlainReceiver();
        using UdpEndpoint sender = Bind();
        using UdpEndpoint connected = UdpEndpoint.Connect((IPEndPoint)plain.LocalEndPoint!, UdpOptions);
        using var batch = new DatagramBatch(256, 9_000 * 4);
        foreach (SocketAddress? to in new[] { plain.LocalEndPoint!.Serialize(), null })
        {
            Fill(batch, lengths, to);
            (to is null ? connected : sender).SendBatch(batch).Should().Be(lengths.Length);
            batch.Count.Should().Be(0);
            Check(plain, lengths);
        }
    }

    [Fact]
    public void Runs_end_where_the_receiver_or_the_congestion_bits_change()
    {
        using UdpEndpoint one = Bind(Detailed);
        using UdpEndpoint two = Bind(Detailed);
        using UdpEndpoint sender = Bind();
        using var batch = new DatagramBatch();
        UdpEndpoint[] targets = [one, one, two, one, two, two, two, one, one, one];
        Ecn[] ecns = [0, 0, 0, 0, 0, Ecn.Ect0, Ecn.Ect0, Ecn.Ect0, Ecn.Ect1, Ecn.Ect1];
        for (int i = 0; i < targets.Length; i++)
        {
            batch.Add([(byte)i, 1, 2], targets[i].LocalEndPoint.Serialize(), ecns[i]);
        }

        sender.SendBatch(batch).Should().Be(targets.Length);

        foreach (UdpEndpoint receiver in new[] { one, two })
        {
            var got = new List<(int Number, Ecn Ecn)>();
            (int, Ecn)[] expected =
            [
                .. Enumerable.Range(0, targets.Length).Where(i => targets[i] == receiver)
                    .Select(i => (i, HasSystemCalls ? ecns[i] : Ecn.None)),
            ];
            while (got.Count < expected.Length)
            {
                receiver.ReceiveBatch(batch);
                for (int i = 0; i < batch.Count; i++)
                {
                    got.Add((batch[i].Data[0], batch[i].Ecn));
                }
            }

            got.Should().Equal(expected);
        }
    }

    [LinuxFact]
    public void A_refusal_of_runs_sends_the_same_datagrams_singly_each_exactly_once()
    {
        using Socket plain = PlainReceiver();
        using UdpEndpoint sender = Bind(Refusing);
        using var batch = new DatagramBatch(256);
        int[] lengths = [7, .. Repeat(150, 100), 3];
        sender.Capabilities.HasFlag(UdpCapabilities.SegmentationOffload).Should().Be(HasSystemCalls);
        for (int i = 0; i < 3; i++)
        {
            Fill(batch, lengths, plain.LocalEndPoint!.Serialize());
            sender.SendBatch(batch).Should().Be(lengths.Length);
            Check(plain, lengths);
            sender.Capabilities.HasFlag(UdpCapabilities.SegmentationOffload).Should().BeFalse();
        }
    }

    [LinuxFact]
    public async Task A_connected_endpoint_tells_what_went_before_it_heard_that_nobody_has_the_port()
    {
        using UdpEndpoint client = UdpEndpoint.Connect(DeadEndPoint(), UdpOptions);
        using var batch = new DatagramBatch(256);
        Fill(batch, Repeat(200, 100), null);

        // Each system call that goes brings an error back at once, which the next one meets. One call takes 64 datagrams.
        int first = HasSystemCalls ? 64 : 1;
        (await client.SendBatchAsync(batch).Within()).Should().Be(first);
        batch.Count.Should().Be(200 - first);
        Expect.Socket(Record.Exception(() => client.SendBatch(batch)), SocketError.ConnectionRefused);
        batch.Count.Should().Be(200 - first);
        client.SendBatch(batch).Should().Be(first);
        Expect.Socket(Record.Exception(() => client.TrySendBatch(batch, out _)), SocketError.ConnectionRefused);
        batch.Count.Should().Be(200 - (2 * first));
    }

    private UdpEndpointOptions Detailed => new() { Engine = Engine, ReceiveEcn = true };

    /// <summary>Lengths, each of them with how often it comes.</summary>
    private static int[] LengthsOf(string datagrams) =>
    [
        .. datagrams.Split(' ').Select(static part => part.Split('*')).SelectMany(static part =>
            Repeat(part.Length == 1 ? 1 : Number(part[0]), Number(part[^1]))),
    ];

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static int[] Repeat(int count, int length) => [.. Enumerable.Repeat(length, count)];

    private static void Fill(DatagramBatch batch, int[] lengths, SocketAddress? to)
    {
        batch.Clear();
        for (int i = 0; i < lengths.Length; i++)
        {
            batch.Add(Content(i, lengths[i]), to);
        }
    }

    private static void Check(Socket plain, int[] lengths)
    {
        byte[] buffer = new byte[65_536];
        for (int i = 0; i < lengths.Length; i++)
        {
            buffer.AsSpan(0, plain.Receive(buffer)).SequenceEqual(Content(i, lengths[i])).Should().BeTrue("datagram {0}", i);
        }

        plain.Poll(0, SelectMode.SelectRead).Should().BeFalse();
    }

    private static byte[] Content(int index, int length)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill((byte)index);
        return bytes;
    }

    private static Socket PlainReceiver()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
        {
            ReceiveBufferSize = 1 << 20,
            ReceiveTimeout = (int)Limits.Hang.TotalMilliseconds,
        };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}

public sealed class UdpBatchOffloadTests_Portable : UdpBatchOffloadTests<PortableUnderTest>;

public sealed class UdpBatchOffloadTests_PortableWithoutSystemCalls : UdpBatchOffloadTests<PortableWithoutSystemCalls>;

public sealed class UdpBatchOffloadTests_Epoll : UdpBatchOffloadTests<EpollUnderTest>;
