using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

public abstract class UdpBatchTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Datagrams_go_and_come_whole_and_in_order_and_go_back_to_their_senders(CallShape shape)
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        using var requests = new DatagramBatch(64);
        using var received = new DatagramBatch(64);
        for (int round = 0; round < 20; round++)
        {
            List<string> sent = Fill(requests, 64, server.LocalEndPoint, round);

            (await Send(client, requests, shape)).Should().Be(64);
            requests.Count.Should().Be(0, "what went leaves the batch");
            int there = 0;
            var texts = new List<string>();
            while (there < 64)
            {
                there += await Receive(server, received, shape);
                foreach (int i in Enumerable.Range(0, received.Count))
                {
                    received[i].RemoteEndPoint.Should().Be(client.LocalEndPoint);
                    received[i].IsTruncated.Should().BeFalse();
                    texts.Add(TextOf(received, i));
                }

                int count = received.Count;
                (await Send(server, received, shape)).Should().Be(count);
            }

            texts.Should().Equal(sent);
            (await ReceiveAll(client, 64, shape)).Should().Equal(sent);
        }
    }

    [Fact]
    public async Task A_receive_that_waits_ends_with_the_first_datagram_and_takes_those_behind_it()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        using var batch = new DatagramBatch(8);
        for (int i = 0; i < 50; i++)
        {
            ValueTask<int> pending = server.ReceiveBatchAsync(batch);
            pending.IsCompleted.Should().BeFalse();
            client.SendTo("one"u8, server.LocalEndPoint);
            (await pending.Within()).Should().Be(1);
            TextOf(batch, 0).Should().Be("one");

            Task<int> blocked = Limits.OnThread(() => server.ReceiveBatch(batch));
            client.SendTo("two"u8, server.LocalEndPoint);
            (await blocked.Within()).Should().Be(1);
            TextOf(batch, 0).Should().Be("two");
        }
    }

    [Fact]
    public void A_receive_replaces_what_was_in_the_batch()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        using var batch = new DatagramBatch(4);
        client.SendTo("first"u8, server.LocalEndPoint);
        client.SendTo("second"u8, server.LocalEndPoint);
        server.WaitReadable(Limits.Hang).Should().BeTrue();
        server.ReceiveBatch(batch).Should().Be(2);
        batch[0].RemoteAddress.Should().NotBeNull();
        using UdpEndpoint other = Bind();
        other.SendTo("third"u8, server.LocalEndPoint);

        server.ReceiveBatch(batch).Should().Be(1);

        batch.Count.Should().Be(1);
        TextOf(batch, 0).Should().Be("third");
        batch[0].RemoteEndPoint.Should().Be(other.LocalEndPoint);
        other.LocalEndPoint.Create(batch[0].RemoteAddress).Should().Be(other.LocalEndPoint);
        server.TryReceiveBatch(batch).Should().BeFalse();
        batch.Count.Should().Be(0);
    }

    [Fact]
    public void Each_datagram_says_whether_it_was_truncated()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        using var batch = new DatagramBatch(8, 10);
        foreach (int length in new[] { 9, 10, 11, 0, 500 })
        {
            client.SendTo(new byte[length], server.LocalEndPoint);
        }

        server.ReceiveBatch(batch).Should().Be(5);

        Lengths(batch).Should().Equal(9, 10, 10, 0, 10);
        Enumerable.Range(0, 5).Select(i => batch[i].IsTruncated).Should().Equal(false, false, true, false, true);
    }

    [Fact]
    public void The_shortest_and_the_longest_datagram_go_in_one_batch()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        using var batch = new DatagramBatch(4, 65_507);
        byte[] longest = Payload.Of(65_507);
        SocketAddress to = server.LocalEndPoint.Serialize();
        batch.Add([], to);
        batch.Add(longest, to);
        batch.Add([], to);

        client.SendBatch(batch).Should().Be(3);
        for (int there = 0; there < 3;)
        {
            server.ReceiveBatch(batch);
            for (int i = 0; i < batch.Count; i++, there++)
            {
                batch[i].Data.SequenceEqual(there == 1 ? longest : []).Should().BeTrue();
                batch[i].IsTruncated.Should().BeFalse();
            }
        }
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task What_was_sent_before_a_refused_datagram_counts_and_the_next_call_tells_the_error(CallShape shape)
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        using var batch = new DatagramBatch(8, 65_536);
        SocketAddress to = server.LocalEndPoint.Serialize();
        batch.Add("1"u8, to);
        batch.Add("2"u8, to);
        batch.Add(new byte[65_508], to);
        batch.Add("4"u8, to);

        (await Send(client, batch, shape)).Should().Be(2);
        batch.Count.Should().Be(2);
        batch[0].Data.Length.Should().Be(65_508);
        for (int i = 0; i < 2; i++)
        {
            SocketOperationException refused = await Expect.Socket(Send(client, batch, shape), SocketError.MessageSize);
            refused.RemoteEndPoint.Should().Be(server.LocalEndPoint);
            batch.Count.Should().Be(2, "a refused datagram stays");
        }

        batch.RemoveFirst();
        (await Send(client, batch, shape)).Should().Be(1);
        (await ReceiveAll(server, 3, shape)).Should().Equal("1", "2", "4");
    }

    [Fact]
    public async Task Targets_are_checked_before_anything_is_sent()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        using UdpEndpoint connected = ConnectedTo(server);
        using var batch = new DatagramBatch(8);
        SocketAddress to = server.LocalEndPoint.Serialize();

        await Refused<ArgumentException>(client, "fine", new IPEndPoint(IPAddress.IPv6Loopback, 9).Serialize());
        await Refused<ArgumentException>(client, "no port", new IPEndPoint(IPAddress.Loopback, 0).Serialize());
        await Refused<InvalidOperationException>(client, "no peer", null);
        await Refused<InvalidOperationException>(connected, "another peer", client.LocalEndPoint.Serialize());
        server.WaitReadable(TimeSpan.Zero).Should().BeFalse();

        batch.Add("a"u8, to);
        batch.Add("b"u8);
        (await connected.SendBatchAsync(batch).Within()).Should().Be(2);
        (await ReceiveAll(server, 2, CallShape.Blocking)).Should().Equal("a", "b");

        async Task Refused<TException>(UdpEndpoint endpoint, string because, SocketAddress? wrong)
            where TException : Exception
        {
            batch.Clear();
            batch.Add("x"u8, to);
            batch.Add("y"u8, wrong);
            foreach (CallShape shape in Enum.GetValues<CallShape>())
            {
                await new Func<Task>(() => Send(endpoint, batch, shape)).Should().ThrowAsync<TException>(because);
            }

            batch.Count.Should().Be(2);
            batch.Clear();
        }
    }

    [Fact]
    public async Task A_dual_mode_endpoint_sends_to_both_families_and_answers_both()
    {
        using var server = UdpEndpoint.Bind(0, UdpOptions);
        if (server.LocalEndPoint.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return;
        }

        using var four = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), UdpOptions);
        using var six = UdpEndpoint.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0), UdpOptions);
        using var batch = new DatagramBatch(4);
        batch.Add("four"u8, four.LocalEndPoint.Serialize());
        batch.Add("six"u8, six.LocalEndPoint.Serialize());

        server.SendBatch(batch).Should().Be(2);
        (await ReceiveAll(four, 1, CallShape.Blocking)).Should().Equal("four");
        (await ReceiveAll(six, 1, CallShape.Blocking)).Should().Equal("six");
        four.SendTo("4"u8, new IPEndPoint(IPAddress.Loopback, server.Port));
        six.SendTo("6"u8, new IPEndPoint(IPAddress.IPv6Loopback, server.Port));
        for (int answered = 0; answered < 2;)
        {
            server.ReceiveBatch(batch);
            batch[0].RemoteEndPoint.Should().BeOneOf(four.LocalEndPoint, six.LocalEndPoint);
            answered += server.SendBatch(batch);
        }

        (await ReceiveAll(four, 1, CallShape.Blocking)).Should().Equal("4");
        (await ReceiveAll(six, 1, CallShape.Blocking)).Should().Equal("6");
    }

    [Fact]
    public async Task Deadlines_modes_and_tokens_are_those_of_every_receive()
    {
        using UdpEndpoint server = Bind();
        using var batch = new DatagramBatch(4);
        using var source = new CancellationTokenSource();

        Task<int> canceled = server.ReceiveBatchAsync(batch, source.Token).AsTask();
        await source.CancelAsync();
        await Expect.Canceled(canceled, source.Token);
        await Expect.Canceled(server.ReceiveBatchAsync(batch, source.Token).AsTask(), source.Token);

        server.ReceiveTimeout = Moment;
        Expect.Timeout(Record.Exception(() => server.ReceiveBatch(batch))).Operation.Should().Be("receive");
        await Expect.Timeout(server.ReceiveBatchAsync(batch).AsTask());

        server.Blocking = false;
        Expect.Socket(Record.Exception(() => server.ReceiveBatch(batch)), SocketError.WouldBlock);
        server.TryReceiveBatch(batch).Should().BeFalse();
        using UdpEndpoint client = Bind();
        client.SendTo("still usable"u8, server.LocalEndPoint);
        (await ReceiveAll(server, 1, CallShape.Async)).Should().Equal("still usable");
    }

    [Fact]
    public async Task One_call_at_a_time_uses_a_batch_and_one_receive_an_endpoint()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        using var batch = new DatagramBatch(4);
        using var other = new DatagramBatch(4);
        Task<int> pending = server.ReceiveBatchAsync(batch).AsTask();

        await new Func<Task>(() => server.ReceiveBatchAsync(other).AsTask()).Should().ThrowAsync<InvalidOperationException>();
        await new Func<Task>(() => server.ReceiveFromAsync(new byte[4]).AsTask()).Should().ThrowAsync<InvalidOperationException>();
        await new Func<Task>(() => client.ReceiveBatchAsync(batch).AsTask()).Should().ThrowAsync<InvalidOperationException>();
        await new Func<Task>(() => client.SendBatchAsync(batch).AsTask()).Should().ThrowAsync<InvalidOperationException>();
        new Action(() => batch.TryAdd("x"u8)).Should().Throw<InvalidOperationException>();
        new Action(batch.Clear).Should().Throw<InvalidOperationException>();

        client.SendTo("free"u8, server.LocalEndPoint);
        (await pending.Within()).Should().Be(1);
        batch.Clear();
        other.TryAdd("x"u8).Should().BeTrue();
    }

    [Fact]
    public async Task Closing_the_endpoint_or_the_batch_ends_the_use_of_the_batch()
    {
        for (int i = 0; i < 20; i++)
        {
            UdpEndpoint server = Bind();
            using UdpEndpoint client = Bind();
            var batch = new DatagramBatch(4);
            Task<int> pending = server.ReceiveBatchAsync(batch).AsTask();
            server.Dispose();
            await Expect.Disposed(pending);
            batch.TryAdd("x"u8).Should().BeTrue("the call has ended");

            using UdpEndpoint next = Bind();
            pending = next.ReceiveBatchAsync(batch).AsTask();
            batch.Dispose();
            client.SendTo("late"u8, next.LocalEndPoint);
            (await pending.Within()).Should().Be(1);
            await new Func<Task>(() => next.ReceiveBatchAsync(batch).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
            new Action(() => batch.TryAdd("x"u8)).Should().Throw<ObjectDisposedException>();
        }
    }

    [Fact]
    public async Task A_blocking_receive_ends_when_the_endpoint_is_disposed()
    {
        UdpEndpoint server = Bind();
        using var batch = new DatagramBatch(4);
        Task<int> blocked = Limits.OnThread(() => server.ReceiveBatch(batch));
        await Task.Yield();
        server.Dispose();
        await Expect.Disposed(blocked);
        batch.Count.Should().Be(0);
        await Expect.Disposed(server.SendBatchAsync(batch).AsTask());
    }

    [LinuxFact]
    public async Task A_connected_endpoint_hears_of_a_port_that_nobody_has_exactly_once_per_datagram()
    {
        if (typeof(TEngine) == typeof(PortableWithoutSystemCalls))
        {
            return;
        }

        using UdpEndpoint client = UdpEndpoint.Connect(
            DeadEndPoint(), new UdpEndpointOptions { Engine = Engine, SegmentationOffload = UdpOffload.Off });
        using var batch = new DatagramBatch(4);
        for (int i = 0; i < 4; i++)
        {
            batch.Add("x"u8);
        }

        // Each datagram that goes brings an error back at once, which the next attempt meets in place of sending.
        for (int left = 4; left > 0; left--)
        {
            (await client.SendBatchAsync(batch).Within()).Should().Be(1);
            batch.Count.Should().Be(left - 1);
            if (left > 1)
            {
                Expect.Socket(Record.Exception(() => client.SendBatch(batch)), SocketError.ConnectionRefused);
            }
        }

        Expect.Socket(Record.Exception(() => client.TryReceiveBatch(batch)), SocketError.ConnectionRefused);
        client.TryReceiveBatch(batch).Should().BeFalse();
    }

    [ToolFact("python3")]
    public async Task Plain_python_sends_to_a_batch_and_is_answered_by_one()
    {
        using UdpEndpoint server = Bind();
        const string Client = """
            import socket, sys
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(20)
            address = ('127.0.0.1', int(sys.argv[1]))
            for round in range(20):
                texts = [b'%d.%d' % (round, i) * (i % 7) for i in range(32)]
                for text in texts:
                    s.sendto(text, address)
                for text in texts:
                    data, sender = s.recvfrom(65536)
                    assert data == text and sender == address, (data, text, sender)
            print('all answered')
            """;

        Task<string> client = Tool.RunAsync(Python.Program, "-c", Client, $"{server.Port}");
        using var batch = new DatagramBatch(16);
        for (int answered = 0; answered < 640;)
        {
            await server.ReceiveBatchAsync(batch).Within();
            answered += await server.SendBatchAsync(batch).Within();
        }

        (await client.Within()).Should().Contain("all answered");
    }

    protected static List<string> Fill(DatagramBatch batch, int count, IPEndPoint to, int round)
    {
        SocketAddress address = to.Serialize();
        var texts = new List<string>();
        for (int i = 0; i < count; i++)
        {
            texts.Add(string.Create(CultureInfo.InvariantCulture, $"{round}.{i}{new string('x', i)}"));
            batch.TryAdd(Encoding.ASCII.GetBytes(texts[^1]), address).Should().BeTrue();
        }

        return texts;
    }

    protected static string TextOf(DatagramBatch batch, int index) => Encoding.ASCII.GetString(batch[index].Data);

    private static int[] Lengths(DatagramBatch batch) => [.. Enumerable.Range(0, batch.Count).Select(i => batch[i].Data.Length)];

    private static async Task<List<string>> ReceiveAll(UdpEndpoint endpoint, int count, CallShape shape)
    {
        using var batch = new DatagramBatch(7);
        var texts = new List<string>();
        while (texts.Count < count)
        {
            await Receive(endpoint, batch, shape);
            texts.AddRange(Enumerable.Range(0, batch.Count).Select(i => TextOf(batch, i)));
        }

        return texts;
    }

    private static Task<int> Send(UdpEndpoint endpoint, DatagramBatch batch, CallShape shape) => (shape switch
    {
        CallShape.Blocking => Limits.OnThread(() => endpoint.SendBatch(batch)),
        CallShape.Try => Limits.OnThread(() => endpoint.TrySendBatch(batch, out int sent) ? sent : -1),
        _ => endpoint.SendBatchAsync(batch).AsTask(),
    }).Within();
}

public sealed class UdpBatchTests_Portable : UdpBatchTests<PortableUnderTest>;

public sealed class UdpBatchTests_PortableWithoutSystemCalls : UdpBatchTests<PortableWithoutSystemCalls>;

public sealed class UdpBatchTests_Epoll : UdpBatchTests<EpollUnderTest>;
