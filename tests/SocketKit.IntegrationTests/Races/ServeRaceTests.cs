using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Races;

[Collection(Serial.Name)]
public abstract class ServeRaceTests<TEngine> : RaceTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly Func<TcpConnection, CancellationToken, Task> s_nothing = static (_, _) => Task.CompletedTask;

    [Fact]
    public async Task Serving_and_stopping_at_once_ends_both()
    {
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpServer server = Listen();

            (Exception? served, Exception? stopped) = await Race.MeetAsync(() => server.ServeAsync(s_nothing), () => server.StopAsync());

            served?.Should().BeOfType<ObjectDisposedException>($"round {i}");
            stopped.Should().BeNull($"round {i}");
        }
    }

    [Fact]
    public async Task Serving_twice_at_once_is_refused_once()
    {
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpServer server = Listen();
            using var stop = new CancellationTokenSource();
            var refused = new TaskCompletionSource();

            Task StartAsync()
            {
                try
                {
                    return server.ServeAsync(s_nothing, stop.Token);
                }
                catch (InvalidOperationException exception)
                {
                    // The one that came second. The test goes on when it has been refused.
                    refused.SetResult();
                    return Task.FromException(exception);
                }
            }

            Task<(Exception? First, Exception? Second)> race = Race.MeetAsync(StartAsync, StartAsync);
            await refused.Task.Within();
            await stop.CancelAsync();
            (Exception? first, Exception? second) = await race;

            (first ?? second).Should().BeOfType<InvalidOperationException>($"round {i}");
            (first is null || second is null).Should().BeTrue($"round {i}");
        }
    }

    [Fact]
    public async Task A_client_that_comes_while_the_server_stops_is_served_or_turned_away()
    {
        for (int i = 0; i < Race.Rounds; i++)
        {
            TcpServer server = Listen();
            Task serving = server.ServeAsync(static async (connection, token) =>
            {
                byte[] buffer = new byte[16];
                while (await connection.ReceiveAsync(buffer, token).ConfigureAwait(false) > 0)
                {
                }
            });
            TcpClient? client = null;

            (Exception? connected, Exception? stopped) = await Race.MeetAsync(
                async () => client = await TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions).ConfigureAwait(false),
                () => server.StopAsync(TimeSpan.Zero));

            connected?.Should().BeOfType<SocketConnectException>($"round {i}");
            stopped.Should().BeNull($"round {i}");
            await serving.Within();
            server.ConnectionCount.Should().Be(0, $"round {i}");
            if (client is not null)
            {
                // The kernel drops some that were in its own hands without a word, and tells only who sends.
                Record.Exception(() => client.TrySend("?"u8, out _));
                (await ReadToEndAsync(client)).Should().BeOneOf([0, -1], $"round {i}");
                client.Dispose();
            }
        }
    }

    [Fact]
    public async Task Stopping_twice_at_once_stops_once()
    {
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpServer server = Listen();
            Task serving = server.ServeAsync(s_nothing);

            (Exception? first, Exception? second) = await Race.MeetAsync(() => server.StopAsync(), () => server.DisposeAsync().AsTask());

            first.Should().BeNull($"round {i}");
            second.Should().BeNull($"round {i}");
            await serving.Within();
        }
    }
}

public sealed class ServeRaceTests_Portable : ServeRaceTests<PortableUnderTest>;

public sealed class ServeRaceTests_Epoll : ServeRaceTests<EpollUnderTest>;
