using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Polling;

/// <summary>What an endpoint has taken from the kernel and not handed out is there for a poller, too.</summary>
public abstract class PollerTrainTests<TEngine, TPoller> : PollerTests<TEngine, TPoller>
    where TEngine : EngineUnderTest, new()
    where TPoller : EngineUnderTest, new()
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_left_of_a_train_is_reported_until_it_is_taken(bool isAddedFirst)
    {
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = Bind();
        using SocketPoller poller = NewPoller();
        using var batch = new DatagramBatch(2);
        receiver.TryReceiveBatch(batch).Should().BeFalse();
        for (int round = 0; round < 20; round++)
        {
            if (isAddedFirst)
            {
                poller.Add(receiver, Readiness.Readable);
                Look(poller).Should().BeEmpty();
            }

            sender.SendSegments(new byte[500], 100, receiver.LocalEndPoint.Serialize());
            receiver.ReceiveBatch(batch).Should().Be(2);
            if (!isAddedFirst)
            {
                poller.Add(receiver, Readiness.Readable);
            }

            Find(poller).Should().ContainSingle().Which.Readiness.Should().Be(Readiness.Readable);
            receiver.ReceiveBatch(batch).Should().Be(2);
            Find(poller).Should().ContainSingle();
            receiver.ReceiveBatch(batch).Should().Be(1);
            Look(poller).Should().BeEmpty();
            poller.Remove(receiver).Should().BeTrue();
        }
    }

    [Fact]
    public async Task A_wait_that_is_under_way_ends_when_a_receive_leaves_something()
    {
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = Bind();
        using SocketPoller poller = NewPoller();
        using var batch = new DatagramBatch(2);
        receiver.TryReceiveBatch(batch).Should().BeFalse();
        poller.Add(receiver, Readiness.Readable);
        for (int round = 0; round < 20; round++)
        {
            Task<int> receiving = receiver.ReceiveBatchAsync(batch).AsTask();
            Task<ReadySocket[]> waiting = await StartWaiting(poller);
            sender.SendSegments(new byte[300], 100, receiver.LocalEndPoint.Serialize());
            int count = await receiving.Within();
            (await waiting.Within()).Should().ContainSingle();
            while (count < 3)
            {
                Find(poller).Should().ContainSingle();
                receiver.ReceiveBatch(batch);
                count += batch.Count;
            }

            Look(poller).Should().BeEmpty();
        }
    }
}

public sealed class PollerTrainTests_PortableBySelect : PollerTrainTests<PortableUnderTest, PortableUnderTest>;

public sealed class PollerTrainTests_PortableByEpoll : PollerTrainTests<PortableUnderTest, EpollUnderTest>;

public sealed class PollerTrainTests_EpollBySelect : PollerTrainTests<EpollUnderTest, PortableUnderTest>;

public sealed class PollerTrainTests_EpollByEpoll : PollerTrainTests<EpollUnderTest, EpollUnderTest>;
