using System.Buffers;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Memory;

/// <summary>What messages cost in memory: nothing each, whether their calls wait or not, and little for a connection that waits.</summary>
[Collection(Serial.Name)]
public abstract class MessageAllocationTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int SmallBuffer = 16 * 1024;

    private static readonly MessageFraming s_framing = MessageFraming.LengthPrefix();

    private enum Way
    {
        SendAsync,
        TrySend,
        WriteAsync,
    }

    [Theory]
    [InlineData(32, 0, false)]
    [InlineData(32, 1, false)]
    [InlineData(32, 2, false)]
    [InlineData(32, 0, true)]
    [InlineData(5_000, 0, false)]
    [InlineData(5_000, 1, false)]
    [InlineData(300_000, 0, false)]
    public async Task A_message_that_is_echoed_allocates_nothing(int bytes, int way, bool cancellable)
    {
        using TcpPairUnderTest pair = ConnectPair();
        using var source = new CancellationTokenSource();
        CancellationToken token = cancellable ? source.Token : default;
        MessageChannel client = pair.Client.GetMessages(s_framing);
        Task echo = EchoAsync(pair.Accepted.GetMessages(s_framing));
        byte[] message = new byte[bytes];
        long pending = 0;

        long allocated = await Allocations.OfAsync(async count =>
        {
            long start = await Allocations.StartAsync();
            for (int i = 0; i < count; i++)
            {
                switch ((Way)way)
                {
                    case Way.SendAsync:
                        await client.SendAsync(message, token);
                        break;
                    case Way.TrySend:
                        client.TrySend(message);
                        break;
                    default:
                        await client.WriteAsync(message, static (output, content) => output.Write(content), token);
                        break;
                }

                ValueTask<ReadOnlySequence<byte>?> receive = client.ReceiveAsync(token);
                pending += receive.IsCompleted ? 0 : 1;
                if ((await receive)!.Value.Length != bytes)
                {
                    throw new InvalidDataException();
                }
            }

            return Allocations.Since(start);
        });

        allocated.Should().Be(0);
        pending.Should().BePositive("or nothing waited");
        client.Dispose();
        await echo.Within();
    }

    [Fact]
    public async Task A_send_that_waits_and_those_behind_it_allocate_nothing()
    {
        TcpServerOptions serverOptions = ServerOptions;
        TcpClientOptions clientOptions = ClientOptions;
        serverOptions.ReceiveBufferSize = clientOptions.SendBufferSize = SmallBuffer;
        using TcpPairUnderTest pair = ConnectPair(serverOptions, clientOptions);
        MessageChannel client = pair.Client.GetMessages(s_framing);
        using var pending = new SemaphoreSlim(0);
        byte[] large = new byte[1024 * 1024];
        byte[] small = new byte[100];
        int each = large.Length + (2 * small.Length) + (3 * 4);
        Task drain = Limits.OnThread(() => LargeMessages.DrainEach(pair.Accepted, pending, each));
        long early = 0;

        long allocated = await Allocations.OfAsync(
            async count =>
            {
                long start = await Allocations.StartAsync();
                for (int i = 0; i < count; i++)
                {
                    ValueTask first = client.SendAsync(large);
                    ValueTask second = client.SendAsync(small);
                    ValueTask third = client.SendAsync(small);
                    early += first.IsCompleted || second.IsCompleted ? 1 : 0;
                    pending.Release();
                    await first;
                    await second;
                    await third;
                }

                return Allocations.Since(start);
            },
            100);

        allocated.Should().Be(0);
        early.Should().Be(0, "the peer reads nothing before a send is pending");
        client.Dispose();
        pending.Release();
        await drain.Within();
    }

    [Fact]
    public async Task Many_concurrent_senders_allocate_nothing()
    {
        const int Senders = 64;
        using TcpPairUnderTest pair = ConnectPair();
        MessageChannel client = pair.Client.GetMessages(s_framing);
        MessageChannel accepted = pair.Accepted.GetMessages(s_framing);
        Task drain = Task.Run(async () =>
        {
            while (await accepted.ReceiveAsync() is not null)
            {
                // Only taken.
            }
        });
        byte[] message = new byte[32];

        long allocated = await Allocations.OfAsync(
            async count =>
            {
                using var barrier = new SemaphoreSlim(0);
                Task[] senders = [.. Enumerable.Range(0, Senders).Select(_ => SendManyAsync(client, message, count / Senders, barrier))];
                long start = await Allocations.StartAsync();
                barrier.Release(Senders);
                await Task.WhenAll(senders);
                return Allocations.Since(start);
            },
            64_000);

        allocated.Should().BeLessThanOrEqualTo(2);
        client.Dispose();
        await drain.Within();
    }

    /// <summary>More connections than the shared pool of arrays has arrays for, on a machine of few processors.</summary>
    [Fact]
    public async Task A_message_to_many_connections_allocates_nothing()
    {
        const int Many = 200;
        using TcpServer server = Listen();
        TcpClient[] clients = [.. Enumerable.Range(0, Many).Select(_ => Connect(server))];
        MessageChannel[] channels = [.. Enumerable.Range(0, Many).Select(_ => server.Accept().GetMessages(s_framing))];
        byte[] message = new byte[256];
        byte[] received = new byte[4 + message.Length];

        long allocated = await Allocations.OfAsync(
            async count =>
            {
                long start = await Allocations.StartAsync();
                for (int i = 0; i < count / Many; i++)
                {
                    foreach (MessageChannel channel in channels)
                    {
                        channel.TrySend(message);
                    }

                    foreach (MessageChannel channel in channels)
                    {
                        await channel.FlushAsync();
                    }

                    foreach (TcpClient client in clients)
                    {
                        await client.ReceiveExactlyAsync(received);
                    }
                }

                return Allocations.Since(start);
            },
            50 * Many);

        allocated.Should().Be(0);
        foreach (MessageChannel channel in channels)
        {
            channel.Dispose();
        }

        foreach (TcpClient client in clients)
        {
            client.Dispose();
        }
    }

    [Fact]
    public async Task A_hundred_thousand_sends_that_nobody_awaits_cost_little_beside_the_callers_buffer()
    {
        const int Many = 100_000;
        using TcpPairUnderTest pair = ConnectPair();
        MessageChannel client = pair.Client.GetMessages(s_framing);
        byte[] message = new byte[256];
        ValueTask waiting = client.SendAsync(message);
        while (waiting.IsCompleted)
        {
            // Until the kernel's buffers are full.
            await waiting;
            waiting = client.SendAsync(message);
        }

        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Many; i++)
        {
            Forget(client.SendAsync(message));
        }

        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Many;

        each.Should().BeLessThanOrEqualTo(200);
        pair.Client.QueuedBytes.Should().BeInRange(
            (Many - 1000) * 256L,
            (Many * 256L) + 260,
            "they wait behind what is left of the first, and the kernel may have taken a few");
        client.Dispose();
        await Expect.Disposed(waiting.AsTask());
    }

    /// <summary>As a caller does who does not care.</summary>
    private static void Forget(ValueTask send) => send.IsCompleted.Should().BeFalse();

    [Fact]
    public void A_hundred_thousand_queued_messages_to_a_peer_that_never_reads_cost_no_more_than_the_limit()
    {
        using TcpPairUnderTest pair = ConnectPair();
        MessageChannel client = pair.Client.GetMessages(s_framing);
        byte[] message = new byte[96];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        int taken = 0;
        for (int i = 0; i < 200_000; i++)
        {
            taken += client.TrySend(message) ? 1 : 0;
        }

        long growth = GC.GetTotalMemory(forceFullCollection: true) - before;

        taken.Should().BeLessThan(200_000);
        client.TrySend(message).Should().BeFalse();
        growth.Should().BeLessThan((4 * 1024 * 1024) + (64 * 1024) + (64 * 1024), "the limit, a segment that is filled, and its objects");
        client.Dispose();
    }

    [Fact]
    public async Task A_connection_that_waits_for_a_message_costs_little_more_than_a_plain_one()
    {
        long plain = await WaitingAsync(static connection => ReceivePlainAsync(connection));
        long messages = await WaitingAsync(static connection => ReceiveMessageAsync(connection));

        // One receive of a plain connection needs a buffer, which is not counted as its cost.
        (messages - plain).Should().BeLessThanOrEqualTo(400);
    }

    [Fact]
    public async Task Nine_hostile_bytes_cost_less_than_eight_kibibytes()
    {
        const int Many = 200;
        MessageFraming framing = MessageFraming.LengthPrefix(8);
        using TcpServer server = Listen();
        var options = new MessageOptions { MaxMessageSize = int.MaxValue };
        byte[] hostile = [0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xF0, 1];
        long growth = await GrowthAsync(Many, connection => connection.GetMessages(framing, options).ReceiveAsync().AsTask(), hostile);

        growth.Should().BeLessThan(8 * 1024);
    }

    private static async Task ReceivePlainAsync(TcpConnection connection) => await connection.ReceiveAsync(s_nothing);

    private static async Task ReceiveMessageAsync(TcpConnection connection) => await connection.GetMessages(s_framing).ReceiveAsync();

    private static readonly byte[] s_nothing = new byte[1];

    private Task<long> WaitingAsync(Func<TcpConnection, Task> receive) => GrowthAsync(500, receive, []);

    /// <summary>
    /// The heap's growth for each of many connections that receive. The middle of several, because the pool of arrays lets go of some now
    /// and then.
    /// </summary>
    private async Task<long> GrowthAsync(int many, Func<TcpConnection, Task> receive, byte[] sent)
    {
        using TcpServer server = Listen();
        long[] growths = new long[5];
        for (int attempt = 0; attempt < growths.Length; attempt++)
        {
            TcpClient[] clients = new TcpClient[many];
            TcpConnection[] accepted = new TcpConnection[many];
            for (int i = 0; i < many; i++)
            {
                clients[i] = Connect(server);
                accepted[i] = server.Accept();
            }

            Task[] receives = new Task[many];
            long before = GC.GetTotalMemory(forceFullCollection: true);
            for (int i = 0; i < many; i++)
            {
                receives[i] = receive(accepted[i]);
            }

            if (sent.Length > 0)
            {
                foreach (TcpClient client in clients)
                {
                    await client.SendAsync(sent).AsTask().Within();
                }

                await Eventually.BeTrueAsync(() => accepted.All(connection => connection.BytesReceived == sent.Length), "all has come");
            }

            growths[attempt] = (GC.GetTotalMemory(forceFullCollection: true) - before) / many;
            for (int i = 0; i < many; i++)
            {
                accepted[i].Abort();
                clients[i].Abort();
                await Expect.Failure(receives[i]);
            }
        }

        return growths.Order().ElementAt(growths.Length / 2);
    }

    private static async Task SendManyAsync(MessageChannel messages, byte[] message, int count, SemaphoreSlim barrier)
    {
        await barrier.WaitAsync();
        for (int i = 0; i < count; i++)
        {
            await messages.SendAsync(message);
        }
    }

    private static async Task EchoAsync(MessageChannel messages)
    {
        byte[] copy = new byte[300_000];
        while (await messages.ReceiveAsync() is { } message)
        {
            message.CopyTo(copy);
            messages.TrySend(copy.AsSpan(0, (int)message.Length));
        }
    }
}

public sealed class MessageAllocationTests_Portable : MessageAllocationTests<PortableUnderTest>;

public sealed class MessageAllocationTests_Epoll : MessageAllocationTests<EpollUnderTest>;
