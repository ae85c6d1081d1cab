using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Races;

/// <summary>
/// A closed descriptor's number goes to the next connection at once, and an option that was meant for the last one must not.
/// </summary>
[Collection(Serial.Name)]
public abstract class OptionRaceTests<TEngine> : RaceTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Pairs = 200;

    /// <summary>
    /// More than processors, and for some slices of time, so that some stand still inside a call when the connection is closed.
    /// </summary>
    private const int Setters = 4;
    private const int LeastSets = 5000;

    private const int Mark = 42;

    private int _sets;

    [Fact]
    public async Task An_option_of_a_connection_that_is_disposed_never_reaches_the_next_one()
    {
        using TcpServer server = Listen();
        for (int i = 0; i < Pairs; i++)
        {
            using TcpPairUnderTest pair = ConnectPair(server);
            Volatile.Write(ref _sets, 0);
            Task[] setting = [.. Enumerable.Range(0, Setters).Select(_ => Limits.OnThread(() => SetForEver(pair.Accepted)))];
            SpinWait.SpinUntil(() => Volatile.Read(ref _sets) > LeastSets, Limits.Hang).Should().BeTrue();

            pair.Accepted.Dispose();
            using TcpPairUnderTest next = ConnectPair(server);

            await Task.WhenAll(setting.Select(Expect.Disposed));
            next.Client.GetOption(SocketOption.TimeToLive).Should().NotBe(Mark, $"round {i}");
            next.Accepted.GetOption(SocketOption.TimeToLive).Should().NotBe(Mark, $"round {i}");
        }
    }

    private void SetForEver(TcpConnection connection)
    {
        while (true)
        {
            connection.SetOption(SocketOption.TimeToLive, Mark);
            Interlocked.Increment(ref _sets);
        }
    }
}

public sealed class OptionRaceTests_Portable : OptionRaceTests<PortableUnderTest>;

public sealed class OptionRaceTests_Epoll : OptionRaceTests<EpollUnderTest>;
