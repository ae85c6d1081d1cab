using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

/// <summary>
/// Datagrams that the kernel hands over as one (UDP_GRO): nobody sees that, whichever call receives them. On loopback a run that is sent as
/// one comes as one.
/// </summary>
public abstract class UdpTrainTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int SegmentSize = 100;

    private static bool HasTrains => OperatingSystem.IsLinux() && typeof(TEngine) != typeof(PortableWithoutSystemCalls);

    [Theory]
    [InlineData(CallShape.Blocking, 1)]
    [InlineData(CallShape.Blocking, 7)]
    [InlineData(CallShape.Try, 64)]
    [InlineData(CallShape.Try, 3)]
    [InlineData(CallShape.Async, 2)]
    [InlineData(CallShape.Async, 200)]
    public async Task A_batch_gets_each_datagram_of_a_train_whole_and_in_order(CallShape shape, int capacity)
    {
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = Bind();
        using var batch = new DatagramBatch(capacity);
        receiver.TryReceiveBatch(batch).Should().BeFalse();
        for (int round = 0; round < 20; round++)
        {
            byte[] data = Payload.Of((SegmentSize * 20) + round);
            sender.SendSegments(data, SegmentSize, receiver.LocalEndPoint.Serialize());
            for (int done = 0; done < data.Length;)
            {
                await Receive(receiver, batch, shape);
                for (int i = 0; i < batch.Count; i++)
                {
                    DatagramSlot slot = batch[i];
                    slot.Data.SequenceEqual(data.AsSpan(done, Math.Min(SegmentSize, data.Length - done))).Should().BeTrue();
                    slot.IsTruncated.Should().BeFalse();
                    slot.RemoteEndPoint.Should().Be(sender.LocalEndPoint);
                    slot.SegmentSize.Should().Be(HasTrains ? SegmentSize : 0);
                    done += slot.Data.Length;
                }
            }

            receiver.TryReceiveBatch(batch).Should().BeFalse();
        }
    }

    [Fact]
    public async Task What_is_left_of_a_train_is_handed_out_first_by_every_call_and_counts_as_readable()
    {
        using UdpEndpoint sender = Bind();
        using UdpEndpoint receiver = ConnectedTo(sender);
        using var batch = new DatagramBatch(2);
        byte[] buffer = new byte[1000];
        var from = new SocketAddress(AddressFamily.InterNetwork);
        receiver.TryReceiveBatch(batch).Should().BeFalse();
        int next = 0;
        var calls = new List<Func<Task>>
        {
            async () => await Batch(await receiver.ReceiveBatchAsync(batch).Within()),
            () => Batch(receiver.ReceiveBatch(batch)),
            () => Batch(receiver.TryReceiveBatch(batch) ? batch.Count : 0),
            () => One(receiver.ReceiveFrom(buffer), isNamed: true),
            () => One(receiver.ReceiveFrom(buffer, from), isNamed: false),
            () => One(receiver.TryReceiveFrom(buffer, out ReceivedDatagram datagram) ? datagram : default, isNamed: true),
            () => One(receiver.TryReceiveFrom(buffer, from, out ReceivedDatagram datagram) ? datagram : default, isNamed: false),
            async () => await One(await receiver.ReceiveFromAsync(buffer).Within(), isNamed: true),
            async () => await One(await receiver.ReceiveFromAsync(buffer, from).Within(), isNamed: false),
            () => One(receiver.Receive(buffer), isNamed: true),
            () => One(receiver.TryReceive(buffer, out ReceivedDatagram datagram) ? datagram : default, isNamed: true),
            async () => await One(await receiver.ReceiveAsync(buffer, Limits.Hang).Within(), isNamed: true),
            async () =>
            {
                await foreach (OwnedDatagram datagram in receiver.ReceiveAllAsync())
                {
                    using (datagram)
                    {
                        datagram.Data.CopyTo(buffer);
                        await One(new ReceivedDatagram(datagram.Data.Length, false, datagram.RemoteEndPoint, null, 0), isNamed: true);
                        break;
                    }
                }
            },
        };

        foreach (TimeSpan timeout in new[] { Timeout.InfiniteTimeSpan, Limits.Hang })
        {
            receiver.ReceiveTimeout = timeout;
            for (int i = 0; i < calls.Count; i++)
            {
                next = 0;
                sender.SendSegments(Numbered(calls.Count + 20), SegmentSize, receiver.LocalEndPoint.Serialize());
                await calls[i]();
                foreach (Func<Task> call in calls)
                {
                    receiver.Available.Should().Be(SegmentSize);
                    receiver.WaitReadable(TimeSpan.Zero).Should().BeTrue();
                    await receiver.WaitReadableAsync().Within();
                    receiver.PeekFrom(buffer).Length.Should().Be(SegmentSize);
                    buffer[0].Should().Be((byte)next);
                    await call();
                }

                while (receiver.TryReceiveFrom(buffer, out ReceivedDatagram datagram))
                {
                    await One(datagram, isNamed: true);
                }

                next.Should().Be(calls.Count + 20, "all have come, each once");
                receiver.Available.Should().Be(0);
                receiver.WaitReadable(TimeSpan.Zero).Should().BeFalse();
            }
        }

        Task Batch(int count)
        {
            count.Should().BePositive();
            for (int i = 0; i < count; i++)
            {
                batch[i].Data.SequenceEqual(Numbered(1, next++)).Should().BeTrue();
            }

            return Task.CompletedTask;
        }

        Task One(ReceivedDatagram datagram, bool isNamed)
        {
            buffer.AsSpan(0, datagram.Length).SequenceEqual(Numbered(1, next++)).Should().BeTrue();
            datagram.RemoteEndPoint.Should().Be(isNamed ? sender.LocalEndPoint : null);
            if (!isNamed)
            {
                sender.LocalEndPoint.Create(from).Should().Be(sender.LocalEndPoint);
            }

            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Receives_that_wait_get_the_first_datagram_of_a_train()
    {
        using UdpEndpoint sender = Bind();
        using UdpEndpoint receiver = Bind();
        using var batch = new DatagramBatch(4);
        byte[] buffer = new byte[1000];
        receiver.TryReceiveBatch(batch).Should().BeFalse();
        for (int i = 0; i < 20; i++)
        {
            ValueTask<ReceivedDatagram> pending = receiver.ReceiveFromAsync(buffer);
            pending.IsCompleted.Should().BeFalse();
            sender.SendSegments(Numbered(5), SegmentSize, receiver.LocalEndPoint.Serialize());
            (await pending.Within()).Length.Should().Be(SegmentSize);
            buffer[0].Should().Be(0);
            (await Collect(receiver, batch, 4)).Should().Equal(1, 2, 3, 4);

            Task<ReceivedDatagram> blocked = Limits.OnThread(() => receiver.ReceiveFrom(buffer));
            sender.SendSegments(Numbered(3), SegmentSize, receiver.LocalEndPoint.Serialize());
            (await blocked.Within()).Length.Should().Be(SegmentSize);
            (await Collect(receiver, batch, 2)).Should().Equal(1, 2);

            ValueTask<int> many = receiver.ReceiveBatchAsync(batch);
            many.IsCompleted.Should().BeFalse();
            sender.SendSegments(Numbered(6), SegmentSize, receiver.LocalEndPoint.Serialize());
            int count = await many.Within();
            Enumerable.Range(0, count).Select(n => (int)batch[n].Data[0]).Should().Equal(Enumerable.Range(0, count));
            (await Collect(receiver, batch, 6 - count)).Should().Equal(Enumerable.Range(count, 6 - count));
        }
    }

    [Fact]
    public void Each_datagram_of_a_train_says_whether_it_was_truncated()
    {
        using UdpEndpoint sender = Bind();
        using UdpEndpoint receiver = Bind();
        using var batch = new DatagramBatch(8, 60);
        byte[] buffer = new byte[60];
        receiver.TryReceiveBatch(batch).Should().BeFalse();
        sender.SendSegments(new byte[350], SegmentSize, receiver.LocalEndPoint.Serialize());
        sender.SendSegments(new byte[250], SegmentSize, receiver.LocalEndPoint.Serialize());

        int count = 0;
        while (count < 4)
        {
            receiver.ReceiveBatch(batch);
            for (int i = 0; i < batch.Count; i++, count++)
            {
                int place = count < 4 ? count : count - 4;
                bool isLast = place == (count < 4 ? 3 : 2);
                batch[i].IsTruncated.Should().Be(!isLast);
                batch[i].Data.Length.Should().Be(isLast ? 50 : 60);
            }
        }

        for (; count < 7; count++)
        {
            ReceivedDatagram datagram = receiver.ReceiveFrom(buffer);
            datagram.IsTruncated.Should().Be(count < 6);
            datagram.Length.Should().Be(count < 6 ? 60 : 50);
        }

        sender.SendSegments(new byte[250], SegmentSize, receiver.LocalEndPoint.Serialize());
        receiver.Available.Should().Be(SegmentSize, "a train is not one datagram");
        receiver.ReceiveFrom([]).IsTruncated.Should().BeTrue();
        receiver.ReceiveFrom(buffer).IsTruncated.Should().BeTrue();
        receiver.ReceiveFrom(buffer).Length.Should().Be(50);
    }

    [Fact]
    public void The_first_batch_asks_for_trains_and_nothing_before_and_not_if_the_options_forbid_it()
    {
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint forbidden = Bind(new UdpEndpointOptions { Engine = Engine, ReceiveOffload = UdpOffload.Off });
        using var batch = new DatagramBatch(4);
        receiver.TryReceiveFrom(new byte[8], out _).Should().BeFalse();
        receiver.SendSegments(new byte[200], SegmentSize, forbidden.LocalEndPoint.Serialize());
        receiver.Capabilities.HasFlag(UdpCapabilities.ReceiveOffload).Should().BeFalse();
        HasOption(receiver).Should().BeFalse();

        receiver.TryReceiveBatch(batch).Should().BeFalse();
        forbidden.ReceiveBatch(batch).Should().Be(2);

        receiver.Capabilities.HasFlag(UdpCapabilities.ReceiveOffload).Should().Be(HasTrains);
        HasOption(receiver).Should().Be(HasTrains);
        forbidden.Capabilities.HasFlag(UdpCapabilities.ReceiveOffload).Should().BeFalse();
        HasOption(forbidden).Should().BeFalse();
        new Action(() => Bind(new UdpEndpointOptions { Engine = Engine, ReceiveOffload = (UdpOffload)(-1) }))
            .Should().Throw<ArgumentOutOfRangeException>();
    }

    [LinuxFact]
    public void A_borrowed_socket_is_given_back_without_trains_and_one_that_has_them_is_taken_apart()
    {
        using Socket owned = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        owned.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using UdpEndpoint sender = Bind();
        using var batch = new DatagramBatch(4);
        byte[] buffer = new byte[1000];
        using (UdpEndpoint borrowed = UdpEndpoint.FromSocket(owned, new UdpEndpointOptions { Engine = Engine }, ownsSocket: false))
        {
            borrowed.TryReceiveBatch(batch).Should().BeFalse();
            HasOption(borrowed).Should().Be(HasTrains);
        }

        HasOption(owned).Should().BeFalse();
        if (!HasTrains)
        {
            return;
        }

        owned.SetRawSocketOption(17, 104, MemoryMarshal.AsBytes<int>(new[] { 1 }));
        using (UdpEndpoint borrowed = UdpEndpoint.FromSocket(
            owned, new UdpEndpointOptions { Engine = Engine, ReceiveOffload = UdpOffload.Off }, ownsSocket: false))
        {
            sender.SendSegments(Numbered(3), SegmentSize, borrowed.LocalEndPoint.Serialize());
            for (int i = 0; i < 3; i++)
            {
                borrowed.ReceiveFrom(buffer).Length.Should().Be(SegmentSize);
                buffer[0].Should().Be((byte)i);
            }
        }

        HasOption(owned).Should().BeTrue("its owner has asked for it");
    }

    [LinuxFact]
    public void A_look_at_the_length_does_not_swallow_an_error()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = ConnectedTo(server);
        using var batch = new DatagramBatch(4);
        client.TryReceiveBatch(batch).Should().BeFalse();
        server.SendTo("hello"u8, client.LocalEndPoint);
        server.Dispose();
        client.Send("to nobody"u8);

        client.Available.Should().Be(5);
        client.WaitReadable(TimeSpan.Zero).Should().BeTrue();
        Expect.Socket(Record.Exception(() => client.ReceiveBatch(batch)), SocketError.ConnectionRefused);
        client.ReceiveBatch(batch).Should().Be(1);
        Encoding.ASCII.GetString(batch[0].Data).Should().Be("hello");
    }

    [LinuxFact]
    public void Every_datagram_of_a_train_tells_what_was_asked_for()
    {
        if (!HasTrains)
        {
            return;
        }

        using UdpEndpoint receiver = Bind(new UdpEndpointOptions
        {
            Engine = Engine,
            ReceiveEcn = true,
            ReceivePacketInfo = true,
            ReceiveTimestamp = true,
        });
        using UdpEndpoint sender = Bind();
        sender.SetOption(SocketOption.TypeOfService, (int)Ecn.Ect0);
        using var batch = new DatagramBatch(4);
        receiver.TryReceiveBatch(batch).Should().BeFalse();
        sender.SendSegments(Numbered(6), SegmentSize, receiver.LocalEndPoint.Serialize());

        receiver.ReceiveBatch(batch).Should().Be(4);
        for (int i = 0; i < 4; i++)
        {
            batch[i].LocalAddress.Should().Be(IPAddress.Loopback);
            batch[i].InterfaceIndex.Should().BePositive();
            batch[i].Ecn.Should().Be(Ecn.Ect0);
            batch[i].Timestamp.Should().NotBeNull();
        }

        ReceivedDatagram single = receiver.ReceiveFrom(new byte[SegmentSize]);
        single.LocalAddress.Should().Be(IPAddress.Loopback);
        single.InterfaceIndex.Should().BePositive();
    }

    [ToolFact("python3")]
    public async Task Plain_python_sends_trains_singles_and_empty_datagrams_and_each_comes_as_it_was_sent()
    {
        const string Sender = """
            import socket, struct, sys
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            o = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            address = ('127.0.0.1', int(sys.argv[1]))
            def run(count, size, rest):
                texts = [bytes([i % 251]) * size for i in range(count)] + ([b'z' * rest] if rest else [])
                try:
                    s.sendmsg([b''.join(texts)], [(17, 103, struct.pack('H', size))], 0, address)
                except OSError:
                    for text in texts:
                        s.sendto(text, address)
            for round in range(50):
                run(20, 50, 10)
                s.sendto(b'', address)
                o.sendto(b'other', address)
                run(2, 1400, 0)
                s.sendto(b'x' * 3000, address)
                input()
            """;
        using UdpEndpoint receiver = Bind();
        using var batch = new DatagramBatch(9, 4096);
        receiver.TryReceiveBatch(batch).Should().BeFalse();
        using Script sender = Script.Python(Sender, receiver.Port.ToString(CultureInfo.InvariantCulture));
        string[] expected =
        [
            .. Enumerable.Range(0, 20).Select(i => $"50 of {i}"), "10 of 122", "empty", "5 of 111", "1400 of 0", "1400 of 1", "3000 of 120",
        ];
        for (int round = 0; round < 50; round++)
        {
            var got = new List<string>();
            while (got.Count < expected.Length)
            {
                await receiver.ReceiveBatchAsync(batch).Within();
                for (int i = 0; i < batch.Count; i++)
                {
                    got.Add(batch[i].Data is { Length: > 0 } data ? $"{data.Length} of {data[0]}" : "empty");
                    batch[i].IsTruncated.Should().BeFalse();
                }
            }

            got.Should().Equal(expected);
            await sender.Input.WriteLineAsync();
        }

        await sender.EndAsync();
    }

    /// <summary>Datagrams of which each byte is its number.</summary>
    private static byte[] Numbered(int count, int first = 0) =>
        [.. Enumerable.Range(0, count * SegmentSize).Select(i => (byte)(first + (i / SegmentSize)))];

    private static bool HasOption(UdpEndpoint endpoint) => HasOption(endpoint.Socket);

    /// <summary>Whether UDP_GRO is on; false where there is none.</summary>
    private static bool HasOption(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        int value = 0;
        socket.GetRawSocketOption(17, 104, MemoryMarshal.AsBytes(new Span<int>(ref value)));
        return value != 0;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wait_beside_a_receive_ends_when_that_leaves_something(bool blocking)
    {
        const int Rounds = 30;
        const int Sent = 10;
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = ConnectedTo(receiver);
        using var one = new DatagramBatch(1, 100);
        byte[] buffer = new byte[100];
        receiver.TryReceiveBatch(one).Should().BeFalse("this switches the offload on");
        for (int round = 0; round < Rounds; round++)
        {
            Task<int> receive = Limits.OnThread(() => receiver.ReceiveBatch(one));
            Task wait = blocking
                ? Limits.OnThread(() => receiver.WaitReadable(Timeout.InfiniteTimeSpan))
                : receiver.WaitReadableAsync().AsTask();

            sender.SendSegments(new byte[Sent * 100], 100);

            await receive.Within();
            await wait.Within();
            for (int left = 1; left < Sent; left++)
            {
                receiver.ReceiveFrom(buffer).Length.Should().Be(100);
            }
        }
    }

    private static async Task<List<int>> Collect(UdpEndpoint receiver, DatagramBatch batch, int count)
    {
        var numbers = new List<int>();
        while (numbers.Count < count)
        {
            await receiver.ReceiveBatchAsync(batch).Within();
            numbers.AddRange(Enumerable.Range(0, batch.Count).Select(i => (int)batch[i].Data[0]));
        }

        return numbers;
    }
}

public sealed class UdpTrainTests_Portable : UdpTrainTests<PortableUnderTest>;

public sealed class UdpTrainTests_PortableWithoutSystemCalls : UdpTrainTests<PortableWithoutSystemCalls>;

public sealed class UdpTrainTests_Epoll : UdpTrainTests<EpollUnderTest>;
