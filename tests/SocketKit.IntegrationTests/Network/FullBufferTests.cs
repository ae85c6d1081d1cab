using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Network;

/// <summary>A device that is slower than who sends, and a receiver that is slower than what arrives.</summary>
public abstract class FullBufferTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    /// <summary>The device keeps each packet until its turn; the packets count against the send buffer meanwhile.</summary>
    private const string SlowDevice = "tc qdisc add dev here0 root tbf rate 4mbit burst 4kb limit 10000000";

    private const int Length = 1000;

    [NamespaceTheory(TwoNetworks.Needs + "; " + SlowDevice, "tc")]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task A_slow_device_makes_sends_wait_and_loses_nothing(CallShape shape)
    {
        using TwoNetworks networks = SlowNetworks();
        using UdpEndpoint sender = Bind(networks.Here, sendBuffer: 8 * Length);
        using UdpEndpoint receiver = Bind(networks.There);
        sender.ConnectTo(new IPEndPoint(TwoNetworks.Address(isIPv6: false, 0, 2), receiver.Port));
        const int Count = 100;

        int waited = 0;
        for (int number = 0; number < Count; number++)
        {
            byte[] data = Numbered(number);
            if (sender.TrySend(data, out _))
            {
                continue;
            }

            waited++;
            switch (shape)
            {
                case CallShape.Blocking:
                    sender.Send(data).Should().Be(Length);
                    break;
                case CallShape.Try:
                    while (!sender.TrySend(data, out _))
                    {
                        sender.WaitWritable(Limits.Hang).Should().BeTrue();
                    }

                    break;
                default:
                    (await sender.SendAsync(data).Within()).Should().Be(Length);
                    break;
            }
        }

        waited.Should().BePositive("or the device was not slow");
        await ReceivesAll(receiver, Count);
    }

    [NamespaceTheory(TwoNetworks.Needs + "; " + SlowDevice, "tc")]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task A_batch_that_meets_a_full_buffer_goes_on_where_it_stopped(CallShape shape)
    {
        using TwoNetworks networks = SlowNetworks();
        using UdpEndpoint sender = Bind(networks.Here, sendBuffer: 8 * Length);
        using UdpEndpoint receiver = Bind(networks.There);
        SocketAddress to = new IPEndPoint(TwoNetworks.Address(isIPv6: false, 0, 2), receiver.Port).Serialize();
        using var batch = new DatagramBatch(32, Length);
        const int Count = 128;

        int parts = 0;
        for (int added = 0, gone = 0; gone < Count; parts++)
        {
            while (added < Count && batch.TryAdd(Numbered(added), to))
            {
                added++;
            }

            int sent = 0;
            switch (shape)
            {
                case CallShape.Blocking:
                    sent = await Limits.OnThread(() => sender.SendBatch(batch)).Within();
                    sent.Should().Be(batch.Capacity, "a blocking call waits until all have gone");
                    break;
                case CallShape.Try:
                    if (!sender.TrySendBatch(batch, out sent))
                    {
                        sender.WaitWritable(Limits.Hang).Should().BeTrue();
                    }

                    break;
                default:
                    sent = await sender.SendBatchAsync(batch).Within();
                    sent.Should().Be(batch.Capacity, "an async call waits until all have gone");
                    break;
            }

            gone += sent;
            batch.Count.Should().Be(added - gone);
        }

        (parts > Count / batch.Capacity).Should().Be(shape == CallShape.Try, "only a call that never waits sends in parts");
        await ReceivesAll(receiver, Count);
    }

    [NamespaceTheory(TwoNetworks.Needs + "; " + SlowDevice, "tc")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deadline_or_a_token_ends_a_send_that_waits_and_nothing_of_it_goes(bool async)
    {
        using TwoNetworks networks = SlowNetworks();

        // Nothing leaves: a packet is longer than what the device may send at once.
        networks.Here.Shell("tc qdisc replace dev here0 root tbf rate 8bit burst 2kb limit 10000000");
        using UdpEndpoint sender = Bind(networks.Here, sendBuffer: 4 * Length);
        using UdpEndpoint receiver = Bind(networks.There);
        sender.ConnectTo(new IPEndPoint(TwoNetworks.Address(isIPv6: false, 0, 2), receiver.Port));
        int taken = 0;
        while (sender.TrySend(Numbered(taken), out _))
        {
            taken++;
        }

        sender.SendTimeout = Moment;
        if (async)
        {
            await Expect.Timeout(sender.SendAsync(Numbered(taken)).AsTask());
            sender.SendTimeout = Timeout.InfiniteTimeSpan;
            using var source = new CancellationTokenSource();
            Task<int> waiting = sender.SendAsync(Numbered(taken), source.Token).AsTask();
            await source.CancelAsync();
            await Expect.Canceled(waiting, source.Token);
        }
        else
        {
            Expect.Timeout(Record.Exception(() => sender.Send(Numbered(taken))));
            sender.SendTimeout = Timeout.InfiniteTimeSpan;
        }

        // A packet that is added makes the device look at its queue again.
        networks.Here.Shell("tc qdisc replace dev here0 root tbf rate 100mbit burst 10kb limit 10000000");
        using UdpEndpoint other = Bind(networks.Here);
        other.SendTo("x"u8, new IPEndPoint(TwoNetworks.Address(isIPv6: false, 0, 2), 9));
        sender.Send(Numbered(taken));
        await ReceivesAll(receiver, taken + 1);
    }

    /// <summary>The kernel counts what it drops; together with what is received that is all that was sent.</summary>
    [NamespaceTheory(TwoNetworks.Needs)]
    [InlineData(CallShape.Blocking, false)]
    [InlineData(CallShape.Try, false)]
    [InlineData(CallShape.Async, false)]
    [InlineData(CallShape.Blocking, true)]
    [InlineData(CallShape.Try, true)]
    [InlineData(CallShape.Async, true)]
    public async Task What_a_full_receive_buffer_drops_is_told_exactly(CallShape shape, bool inBatches)
    {
        using var networks = new TwoNetworks();
        using UdpEndpoint receiver = Bind(networks.There, receiveBuffer: 16 * Length);
        using UdpEndpoint sender = Bind(networks.Here);
        var to = new IPEndPoint(TwoNetworks.Address(isIPv6: false, 0, 2), receiver.Port);
        const int Count = 500;
        var numbers = new List<int>();
        byte[] buffer = new byte[Length];
        using var batch = new DatagramBatch(8, Length);
        int received = await OverflowAsync(0);
        receiver.DroppedByKernel.Should().Be(Count - received);
        numbers.Should().OnlyHaveUniqueItems().And.OnlyContain(static number => number >= 0 && number < Count);
        sender.SendTo(Numbered(Count), to);
        receiver.ReceiveFrom(buffer).Length.Should().Be(Length);
        BinaryPrimitives.ReadInt32BigEndian(buffer).Should().Be(Count, "the endpoint stays usable");

        // Nobody asks for the count until the endpoint is closed.
        received = await OverflowAsync(Count);
        receiver.Dispose();
        receiver.DroppedByKernel.Should().Be((2 * Count) - received);

        async Task<int> OverflowAsync(int before)
        {
            int droppedBefore = Drops(networks.There, receiver.Port);
            for (int number = before; number < before + Count; number++)
            {
                sender.SendTo(Numbered(number), to).Should().Be(Length);
            }

            // The first ones have filled the buffer. What is sent from then on is dropped, all of it.
            await Eventually.BeTrueAsync(() => Drops(networks.There, receiver.Port) > droppedBefore, "the buffer is full");
            int drained;
            using var limit = new CancellationTokenSource(Limits.Hang);
            while ((drained = await DrainAsync()) + Drops(networks.There, receiver.Port) < before + Count)
            {
                // A datagram that was sent last may still be under way.
                limit.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }

            (drained + Drops(networks.There, receiver.Port)).Should().Be(before + Count);
            return drained;
        }

        async Task<int> DrainAsync()
        {
            while (receiver.WaitReadable(TimeSpan.Zero))
            {
                if (inBatches)
                {
                    _ = shape switch
                    {
                        CallShape.Blocking => receiver.ReceiveBatch(batch),
                        CallShape.Try => receiver.TryReceiveBatch(batch) ? batch.Count : 0,
                        _ => await receiver.ReceiveBatchAsync(batch).Within(),
                    };
                    for (int i = 0; i < batch.Count; i++)
                    {
                        numbers.Add(BinaryPrimitives.ReadInt32BigEndian(batch[i].Data));
                    }
                }
                else
                {
                    ReceivedDatagram datagram = shape switch
                    {
                        CallShape.Blocking => receiver.ReceiveFrom(buffer),
                        CallShape.Try => receiver.TryReceiveFrom(buffer, out ReceivedDatagram found) ? found : default,
                        _ => await receiver.ReceiveFromAsync(buffer).Within(),
                    };
                    datagram.Length.Should().Be(Length);
                    numbers.Add(BinaryPrimitives.ReadInt32BigEndian(buffer));
                }
            }

            return numbers.Count;
        }
    }

    private static TwoNetworks SlowNetworks()
    {
        var networks = new TwoNetworks();
        networks.Here.Shell(SlowDevice);
        return networks;
    }

    private UdpEndpoint Bind(NetworkNamespace network, int? sendBuffer = null, int? receiveBuffer = null) => network.Run(() =>
    {
        UdpEndpointOptions options = UdpOptions;
        options.SendBufferSize = sendBuffer;
        options.ReceiveBufferSize = receiveBuffer ?? 1 << 20;
        return UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0), options);
    });

    private static byte[] Numbered(int number)
    {
        byte[] data = Payload.Of(Length);
        BinaryPrimitives.WriteInt32BigEndian(data, number);
        return data;
    }

    /// <summary>
    /// Each once, with its content. The order is the kernel's: its timer and a sender take packets off the slow device on two processors.
    /// </summary>
    private static async Task ReceivesAll(UdpEndpoint receiver, int count)
    {
        byte[] buffer = new byte[Length + 1];
        var numbers = new List<int>();
        for (int i = 0; i < count; i++)
        {
            (await receiver.ReceiveFromAsync(buffer).Within()).Length.Should().Be(Length);
            int number = BinaryPrimitives.ReadInt32BigEndian(buffer);
            buffer.AsSpan(0, Length).SequenceEqual(Numbered(number)).Should().BeTrue("this is datagram {0}", number);
            numbers.Add(number);
        }

        numbers.Order().Should().Equal(Enumerable.Range(0, count));
        receiver.TryReceiveFrom(buffer, out _).Should().BeFalse();
    }

    /// <summary>The last column of /proc/net/udp, where the second one ends with the port.</summary>
    private static int Drops(NetworkNamespace network, int port) => network.Run(() =>
        File.ReadLines("/proc/thread-self/net/udp").Skip(1)
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words[1].EndsWith(port.ToString("X4", CultureInfo.InvariantCulture), StringComparison.Ordinal))
            .Sum(static words => int.Parse(words[^1], CultureInfo.InvariantCulture)));
}

public sealed class FullBufferTests_Portable : FullBufferTests<PortableUnderTest>;

public sealed class FullBufferTests_PortableWithoutSystemCalls : FullBufferTests<PortableWithoutSystemCalls>;

public sealed class FullBufferTests_Epoll : FullBufferTests<EpollUnderTest>;
