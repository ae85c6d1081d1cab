using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Races;

[Collection(Serial.Name)]
public abstract class ListenerRaceTests<TEngine> : RaceTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public Task Accept_ends_as_disposed() =>
        EndsAsync(static server => Race.Call(() => server.Accept()), static server => Race.Call(server.Dispose));

    [Fact]
    public Task Accept_with_a_deadline_ends_as_disposed() => EndsAsync(
        static server =>
        {
            server.Timeout = TimeSpan.FromMinutes(1);
            return Race.Call(() => server.Accept());
        },
        static server => Race.Call(server.Dispose));

    [Fact]
    public Task AcceptAsync_ends_as_disposed() =>
        EndsAsync(static server => () => server.AcceptAsync().AsTask(), static server => Race.Call(server.Dispose));

    [Fact]
    public Task AcceptAsync_ends_as_disposed_when_the_server_stops() =>
        EndsAsync(static server => () => server.AcceptAsync().AsTask(), static server => () => server.StopAsync());

    [Fact]
    public Task WaitReadableAsync_ends_as_disposed() =>
        EndsAsync(static server => () => server.WaitReadableAsync().AsTask(), static server => Race.Call(server.Dispose));

    [Fact]
    public async Task AcceptAllAsync_ends_quietly()
    {
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpServer server = Listen();

            (Exception? accepted, Exception? stopped) = await Race.MeetAsync(() => AcceptAllAsync(server), Race.Call(server.Dispose));

            accepted.Should().BeNull();
            stopped.Should().BeNull();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_waiting_client_is_accepted_or_turned_away(bool asynchronously)
    {
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpServer server = Listen();
            using TcpClient client = Connect(server);
            TcpConnection? connection = null;
            Func<Task> accept = asynchronously
                ? async () => connection = await server.AcceptAsync().ConfigureAwait(false)
                : Race.Call(() => connection = server.Accept());

            (Exception? accepted, Exception? disposed) = await Race.MeetAsync(accept, Race.Call(server.Dispose));

            disposed.Should().BeNull();
            (connection is null).Should().Be(accepted is ObjectDisposedException, $"round {i}: {accepted}");
            connection?.Dispose();
            (await ReadToEndAsync(client)).Should().BeOneOf([0, -1], $"round {i}");
        }
    }

    [Fact]
    public async Task Blocking_and_async_accepts_share_the_connections()
    {
        using TcpServer server = Listen();
        server.Timeout = TimeSpan.FromSeconds(20);
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpClient first = Connect(server);
            using TcpClient second = Connect(server);

            (Exception? blocking, Exception? asynchronous) = await Race.MeetAsync(
                Race.Call(() => server.Accept().Dispose()), async () => (await server.AcceptAsync().ConfigureAwait(false)).Dispose());

            blocking.Should().BeNull($"round {i}");
            asynchronous.Should().BeNull($"round {i}");
        }
    }

    private static async Task AcceptAllAsync(TcpServer server)
    {
        await foreach (TcpConnection connection in server.AcceptAllAsync().ConfigureAwait(false))
        {
            connection.Dispose();
        }
    }

    /// <summary>Nobody connects, so the accept can only end because of the closing; and then the port is free.</summary>
    private async Task EndsAsync(Func<TcpServer, Func<Task>> accept, Func<TcpServer, Func<Task>> close)
    {
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpServer server = Listen();

            (Exception? accepted, Exception? closed) = await Race.MeetAsync(accept(server), close(server));

            accepted.Should().BeOfType<ObjectDisposedException>($"round {i}");
            closed.Should().BeNull();
            using var next = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, server.Port), ServerOptions);
        }
    }
}

public sealed class ListenerRaceTests_Portable : ListenerRaceTests<PortableUnderTest>;

public sealed class ListenerRaceTests_Epoll : ListenerRaceTests<EpollUnderTest>;
