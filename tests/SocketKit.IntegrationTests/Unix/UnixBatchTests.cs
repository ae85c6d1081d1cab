using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

/// <summary>Batches where no datagram is lost: a send waits for room.</summary>
public abstract class UnixBatchTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);

    private readonly List<int> _received = [];

    private UnixDatagramOptions Options => new() { Engine = Engine };

    [LinuxTheory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_send_waits_until_all_have_gone_and_every_datagram_comes_once_and_in_order(bool isAsync, bool isConnected)
    {
        using UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
        using UnixDatagramEndpoint sender = isConnected
            ? UnixDatagramEndpoint.Connect(PathOf(), Options)
            : UnixDatagramEndpoint.Bind(PathOf("sender"), Options);
        SocketAddress? to = isConnected ? null : receiver.LocalEndPoint!.Serialize();
        using var outgoing = new DatagramBatch(500, 64);
        Task<List<string>> receiving = Task.Run(async () =>
        {
            using var incoming = new DatagramBatch(13, 64);
            var all = new List<string>();
            while (all.Count < 2000)
            {
                int count = isAsync ? await receiver.ReceiveBatchAsync(incoming) : receiver.ReceiveBatch(incoming);
                all.AddRange(Enumerable.Range(0, count).Select(i => Encoding.ASCII.GetString(incoming[i].Data)));
            }

            return all;
        });

        for (int i = 0; i < 2000;)
        {
            for (int k = 0; k < 500; k++, i++)
            {
                outgoing.Add(Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture)), to);
            }

            Task<int> sending = isAsync ? sender.SendBatchAsync(outgoing).AsTask() : Limits.OnThread(() => sender.SendBatch(outgoing));
            int sent = await sending.Within();
            sent.Should().Be(500);
            outgoing.Count.Should().Be(0);
        }

        (await receiving.Within()).Should().Equal(Enumerable.Range(0, 2000).Select(static i => i.ToString(CultureInfo.InvariantCulture)));
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deadline_or_a_token_leaves_in_the_batch_what_did_not_go(bool isConnected)
    {
        using UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
        using UnixDatagramEndpoint sender = isConnected
            ? UnixDatagramEndpoint.Connect(PathOf(), Options)
            : UnixDatagramEndpoint.Bind(PathOf("sender"), Options);
        SocketAddress? to = isConnected ? null : receiver.LocalEndPoint!.Serialize();
        using var batch = new DatagramBatch(1000, 4);
        var ends = new List<int>();
        for (int i = 0; i < 1000; i++)
        {
            batch.Add(BitConverter.GetBytes(i), to);
        }

        sender.SendTimeout = s_moment;
        int before = batch.Count;
        Exception? late = Record.Exception(() => sender.SendBatch(batch));
        Expect.Timeout(late, 4 * (before - batch.Count));
        ends.Add(batch.Count);
        await ReceiveOne();
        before = batch.Count;
        late = await Expect.Failure(sender.SendBatchAsync(batch).AsTask());
        Expect.Timeout(late, 4 * (before - batch.Count));
        ends.Add(batch.Count);
        await ReceiveOne();
        sender.TrySendBatch(batch, out int sent).Should().BeTrue();
        sent.Should().BePositive();
        sender.TrySendBatch(batch, out sent).Should().BeFalse();
        sent.Should().Be(0);
        sender.SendTimeout = Timeout.InfiniteTimeSpan;
        using var source = new CancellationTokenSource();
        Task<int> waiting = sender.SendBatchAsync(batch, source.Token).AsTask();
        waiting.IsCompleted.Should().BeFalse();
        await source.CancelAsync();
        await Expect.Canceled(waiting, source.Token);
        ends.Add(batch.Count);
        ends.Should().BeInDescendingOrder().And.OnlyContain(static count => count > 0 && count < 1000);

        // What has come and what is left are everything, each once.
        var all = new List<int>(_received);
        using var incoming = new DatagramBatch(64, 4);
        while (receiver.TryReceiveBatch(incoming))
        {
            all.AddRange(Enumerable.Range(0, incoming.Count).Select(i => BitConverter.ToInt32(incoming[i].Data)));
        }

        all.AddRange(Enumerable.Range(0, batch.Count).Select(i => BitConverter.ToInt32(batch[i].Data)));
        all.Should().Equal(Enumerable.Range(0, 1000));

        async Task ReceiveOne()
        {
            byte[] buffer = new byte[4];
            await receiver.ReceiveFromAsync(buffer).Within();
            _received.Add(BitConverter.ToInt32(buffer));
        }
    }

    [LinuxFact]
    public async Task Sequenced_packets_come_in_batches_and_their_end_is_told_after_the_last_one()
    {
        (UnixDatagramEndpoint one, UnixDatagramEndpoint two) =
            UnixDatagramEndpoint.CreatePair(new UnixDatagramOptions { Engine = Engine, SequencedPacket = true });
        using (two)
        {
            using var batch = new DatagramBatch(8);
            batch.Add("a"u8);
            batch.Add([]);
            batch.Add("c"u8);
            (await one.SendBatchAsync(batch).Within()).Should().Be(3);
            one.Dispose();

            two.ReceiveBatch(batch).Should().Be(3);
            batch[1].Data.Length.Should().Be(0);
            Encoding.ASCII.GetString(batch[2].Data).Should().Be("c");
            await Expect.Socket(two.ReceiveBatchAsync(batch).AsTask(), SocketError.Disconnecting);
            Expect.Socket(Record.Exception(() => two.ReceiveBatch(batch)), SocketError.Disconnecting);
        }
    }

    [LinuxFact]
    public async Task Datagrams_without_a_sender_have_no_address_and_go_to_the_peer_of_a_pair_only()
    {
        (UnixDatagramEndpoint one, UnixDatagramEndpoint two) = UnixDatagramEndpoint.CreatePair(Options);
        using (one)
        using (two)
        {
            using var batch = new DatagramBatch(8);
            one.Send("x"u8);
            two.ReceiveBatch(batch).Should().Be(1);
            batch[0].RemoteEndPoint.Should().BeNull();
            batch[0].RemoteAddress.Size.Should().Be(0);
            (await two.SendBatchAsync(batch).Within()).Should().Be(1);
            one.ReceiveBatch(batch).Should().Be(1);

            using UnixDatagramEndpoint alone = UnixDatagramEndpoint.Bind(PathOf(), Options);
            new Action(() => alone.SendBatch(batch)).Should().Throw<InvalidOperationException>();
            batch.Count.Should().Be(1);
        }
    }

    [LinuxFact]
    public async Task A_peer_that_was_restarted_gets_what_is_left()
    {
        UnixDatagramEndpoint first = UnixDatagramEndpoint.Bind(PathOf(), Options);
        using UnixDatagramEndpoint sender = UnixDatagramEndpoint.Connect(PathOf(), Options);
        using var batch = new DatagramBatch(8);
        first.Dispose();
        batch.Add("1"u8);
        batch.Add("2"u8);
        Expect.Socket(Record.Exception(() => sender.SendBatch(batch)), SocketError.ConnectionRefused);
        batch.Count.Should().Be(2);
        using UnixDatagramEndpoint second = UnixDatagramEndpoint.Bind(PathOf(), Options);

        (await sender.SendBatchAsync(batch).Within()).Should().Be(2);
        second.ReceiveBatch(batch).Should().Be(2);
    }

}

public sealed class UnixBatchTests_Portable : UnixBatchTests<PortableUnderTest>;

public sealed class UnixBatchTests_Epoll : UnixBatchTests<EpollUnderTest>;
