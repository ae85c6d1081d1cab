using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Races;

[Collection(Serial.Name)]
public abstract class ShutdownRaceTests<TEngine> : RaceTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task Both_sides_may_finish_at_once()
    {
        using TcpServer server = Listen();
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpPairUnderTest pair = ConnectPair(server);

            (Exception? first, Exception? second) = await Race.MeetAsync(pair.Client.ShutdownSend, pair.Accepted.ShutdownSend);

            first.Should().BeNull($"round {i}");
            second.Should().BeNull($"round {i}");
            (await ReadToEndAsync(pair.Client)).Should().Be(0);
            (await ReadToEndAsync(pair.Accepted)).Should().Be(0);
        }
    }

    [Fact]
    public async Task Both_sides_may_dispose_at_once()
    {
        using TcpServer server = Listen();
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpPairUnderTest pair = ConnectPair(server);
            CancellationToken closed = i % 2 == 0 ? pair.Client.Closed : default;

            (Exception? first, Exception? second) = await Race.MeetAsync(pair.Client.Dispose, pair.Accepted.Dispose);

            first.Should().BeNull($"round {i}");
            second.Should().BeNull($"round {i}");
            pair.Client.CloseReason.Should().BeOneOf(CloseReason.LocalDispose, CloseReason.PeerFinished);
            closed.IsCancellationRequested.Should().Be(closed.CanBeCanceled);
        }
    }

    [Fact]
    public async Task A_receiver_sees_the_end_when_both_sides_finish_at_once()
    {
        using TcpServer server = Listen();
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpPairUnderTest pair = ConnectPair(server);
            Task<int> first = pair.Client.ReceiveAsync(new byte[1]).AsTask();
            Task<int> second = pair.Accepted.ReceiveAsync(new byte[1]).AsTask();

            await Race.MeetAsync(pair.Client.ShutdownSend, pair.Accepted.ShutdownSend);

            (await first.Within()).Should().Be(0);
            (await second.Within()).Should().Be(0);
        }
    }
}

public sealed class ShutdownRaceTests_Portable : ShutdownRaceTests<PortableUnderTest>;

public sealed class ShutdownRaceTests_Epoll : ShutdownRaceTests<EpollUnderTest>;
