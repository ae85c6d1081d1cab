using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Races;

[Collection(Serial.Name)]
public abstract class ConnectRaceTests<TEngine> : RaceTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [LinuxFact]
    public async Task A_cancelled_connect_connects_or_is_cancelled_and_leaks_nothing()
    {
        using TcpServer server = Listen();
        int baseline = OpenDescriptors.Count();
        for (int i = 0; i < Race.Rounds; i++)
        {
            using var source = new CancellationTokenSource();
            TcpClient? client = null;

            (Exception? connected, Exception? cancelled) = await Race.MeetAsync(
                async () => client = await TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions, source.Token).ConfigureAwait(false),
                Race.Call(source.Cancel));

            cancelled.Should().BeNull();
            (client is null).Should().Be(connected is OperationCanceledException, $"round {i}: {connected}");
            client?.Dispose();
            while (server.TryAccept(out TcpConnection? accepted))
            {
                accepted.Dispose();
            }
        }

        OpenDescriptors.ShouldReturnTo(baseline);
    }

    [LinuxFact]
    public async Task A_connect_while_the_server_closes_connects_or_is_refused_and_leaks_nothing()
    {
        int baseline = OpenDescriptors.Count();
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpServer server = Listen();
            TcpClient? client = null;

            (Exception? connected, Exception? disposed) = await Race.MeetAsync(
                async () => client = await TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions).ConfigureAwait(false),
                Race.Call(server.Dispose));

            disposed.Should().BeNull();
            (client is null).Should().Be(connected is SocketConnectException, $"round {i}: {connected}");
            client?.Dispose();
        }

        OpenDescriptors.ShouldReturnTo(baseline);
    }
}

public sealed class ConnectRaceTests_Portable : ConnectRaceTests<PortableUnderTest>;

public sealed class ConnectRaceTests_Epoll : ConnectRaceTests<EpollUnderTest>;
