using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Network;

/// <summary>
/// A network that loses, doubles and reorders datagrams, and tells exactly which. What an endpoint sends has to reach it whole, and what it
/// gives back has to be received whole, in this order, and nothing else.
/// </summary>
public abstract class BadNetworkTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const string Needs = "test -w /dev/net/tun; ip tuntap add bad0 mode tun; ip addr add fd70::1/64 dev bad0 nodad";
    private const int Count = 1000;
    private const int Shortest = 4;
    private const int Longest = 1200;

    /// <summary>For all datagrams at once, doubled ones and the kernel's overhead included.</summary>
    private const int ReceiveBuffer = 4 * 1024 * 1024;

    // asm-generic/socket.h: SOL_SOCKET, SO_RCVBUFFORCE, which net.core.rmem_max does not limit (socket(7)).
    private const int SocketLevel = 1;
    private const int ForceReceiveBuffer = 33;

    [NamespaceTheory(Needs, "python3")]
    [InlineData(1, false)]
    [InlineData(10, false)]
    [InlineData(30, false)]
    [InlineData(10, true)]
    public async Task What_is_lost_doubled_and_reordered_is_exactly_what_the_network_says(int percent, bool isIPv6)
    {
        using var network = new NetworkNamespace("sysctl -qw net.ipv6.conf.default.accept_dad=0");
        using ChildProcess far = network.Run(() =>
            ChildProcess.StartPython("bad_network.py", Text(Count), Text(percent), Text(percent + (isIPv6 ? 1 : 0))));
        await far.LineWith("ready");

        foreach (CallShape shape in Enum.GetValues<CallShape>())
        {
            foreach (bool inBatches in new[] { false, true })
            {
                await RunAsync(network, far, percent, isIPv6, shape, inBatches);
            }
        }
    }

    private async Task RunAsync(NetworkNamespace network, ChildProcess far, int percent, bool isIPv6, CallShape shape, bool inBatches)
    {
        UdpEndpointOptions options = UdpOptions;
        options.Configure = static socket =>
            socket.SetRawSocketOption(SocketLevel, ForceReceiveBuffer, BitConverter.GetBytes(ReceiveBuffer));
        IPAddress near = IPAddress.Parse(isIPv6 ? "fd70::1" : "10.70.0.1");
        UdpEndpoint receiver = network.Run(() => UdpEndpoint.Bind(new IPEndPoint(near, 0), options));
        using UdpEndpoint sender = network.Run(() => UdpEndpoint.Bind(new IPEndPoint(near, 0), UdpOptions));
        var received = new List<int>();
        Task receiving = inBatches ? ReceiveBatchesAsync(receiver, shape, received) : ReceiveAsync(receiver, shape, received);
        var to = new IPEndPoint(IPAddress.Parse(isIPv6 ? "fd70::2" : "10.70.0.2"), receiver.Port);

        await (inBatches ? SendBatchesAsync(sender, to, shape) : SendAsync(sender, to, shape)).Within();

        int[] told = Numbers(await far.LineWith("lost"));
        int[] order = Numbers(await far.LineWith("order"));
        (int lost, int doubled, int delayed) = (told[0], told[1], told[2]);
        (lost + doubled + delayed).Should().BePositive("or {0} % are no test", percent);
        order.Should().HaveCount(Count - lost + doubled, "the network has seen each datagram once");
        await Eventually.BeTrueAsync(() => CountOf(received) >= order.Length, $"{shape}, batches: {inBatches}: all arrive");
        receiver.Dispose();
        await receiving.Within();
        received.Should().Equal(order);
        received.Distinct().Should().HaveCount(Count - lost);
    }

    private static async Task SendAsync(UdpEndpoint sender, IPEndPoint to, CallShape shape)
    {
        byte[] data = new byte[Longest];
        for (int number = 0; number < Count; number++)
        {
            int length = Fill(data, number);
            int sent = shape switch
            {
                CallShape.Blocking => sender.SendTo(data.AsSpan(0, length), to),
                CallShape.Try => TrySend(sender, data.AsSpan(0, length), to),
                _ => await sender.SendToAsync(data.AsMemory(0, length), to),
            };
            sent.Should().Be(length);
        }
    }

    private static async Task SendBatchesAsync(UdpEndpoint sender, IPEndPoint to, CallShape shape)
    {
        using var batch = new DatagramBatch(16, Longest);
        byte[] data = new byte[Longest];
        SocketAddress address = to.Serialize();
        for (int number = 0, gone = 0; gone < Count;)
        {
            while (number < Count && batch.TryAdd(data.AsSpan(0, Fill(data, number)), address))
            {
                number++;
            }

            gone += shape switch
            {
                CallShape.Blocking => sender.SendBatch(batch),
                CallShape.Try => sender.TrySendBatch(batch, out int sent) ? sent : Wait(sender),
                _ => await sender.SendBatchAsync(batch),
            };
            batch.Count.Should().Be(number - gone);
        }
    }

    private static int TrySend(UdpEndpoint sender, ReadOnlySpan<byte> data, IPEndPoint to)
    {
        int sent;
        while (!sender.TrySendTo(data, to, out sent))
        {
            Wait(sender);
        }

        return sent;
    }

    private static int Wait(UdpEndpoint sender)
    {
        sender.WaitWritable(Limits.Hang);
        return 0;
    }

    /// <summary>Ends when the endpoint is disposed.</summary>
    private static Task ReceiveAsync(UdpEndpoint receiver, CallShape shape, List<int> received) => UntilDisposed(shape, async () =>
    {
        byte[] buffer = new byte[Longest + 1];
        while (true)
        {
            ReceivedDatagram datagram;
            switch (shape)
            {
                case CallShape.Blocking:
                    datagram = receiver.ReceiveFrom(buffer);
                    break;
                case CallShape.Try:
                    while (!receiver.TryReceiveFrom(buffer, out datagram))
                    {
                        receiver.WaitReadable(Limits.Hang);
                    }

                    break;
                default:
                    datagram = await receiver.ReceiveFromAsync(buffer);
                    break;
            }

            Note(buffer.AsSpan(0, datagram.Length), received);
        }
    });

    private static Task ReceiveBatchesAsync(UdpEndpoint receiver, CallShape shape, List<int> received) => UntilDisposed(shape, async () =>
    {
        using var batch = new DatagramBatch(16, Longest + 1);
        while (true)
        {
            switch (shape)
            {
                case CallShape.Blocking:
                    receiver.ReceiveBatch(batch);
                    break;
                case CallShape.Try:
                    while (!receiver.TryReceiveBatch(batch))
                    {
                        receiver.WaitReadable(Limits.Hang);
                    }

                    break;
                default:
                    await receiver.ReceiveBatchAsync(batch);
                    break;
            }

            for (int i = 0; i < batch.Count; i++)
            {
                batch[i].IsTruncated.Should().BeFalse();
                Note(batch[i].Data, received);
            }
        }
    });

    private static async Task UntilDisposed(CallShape shape, Func<Task> loop)
    {
        Task running = shape == CallShape.Async ? loop() : Limits.OnThread(() => loop().GetAwaiter().GetResult());
        await Expect.Disposed(running);
    }

    /// <summary>The number, and content that follows from it, of a length that follows from it.</summary>
    private static int Fill(Span<byte> data, int number)
    {
        int length = Shortest + (number * 7919 % (Longest - Shortest + 1));
        BinaryPrimitives.WriteInt32BigEndian(data, number);
        for (int i = Shortest; i < length; i++)
        {
            data[i] = (byte)(number + i);
        }

        return length;
    }

    private static void Note(ReadOnlySpan<byte> data, List<int> received)
    {
        int number = BinaryPrimitives.ReadInt32BigEndian(data);
        byte[] sent = new byte[Longest];
        data.SequenceEqual(sent.AsSpan(0, Fill(sent, number))).Should().BeTrue("datagram {0} has its content", number);
        lock (received)
        {
            received.Add(number);
        }
    }

    private static int CountOf(List<int> received)
    {
        lock (received)
        {
            return received.Count;
        }
    }

    private static int[] Numbers(string line) =>
        [.. line.Split(' ').Where(static word => char.IsDigit(word[0])).Select(word => int.Parse(word, CultureInfo.InvariantCulture))];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

public sealed class BadNetworkTests_Portable : BadNetworkTests<PortableUnderTest>;

public sealed class BadNetworkTests_PortableWithoutSystemCalls : BadNetworkTests<PortableWithoutSystemCalls>;

public sealed class BadNetworkTests_Epoll : BadNetworkTests<EpollUnderTest>;
