using SocketKit.IntegrationTests.Kit;
using SocketError = System.Net.Sockets.SocketError;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.IntegrationTests.Serving;

public abstract class ServeTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task Each_connection_has_a_handler_and_leaving_it_closes_gracefully()
    {
        await using TcpServer server = Listen();
        Task serving = server.ServeAsync(static async (connection, token) => await connection.SendAsync("bye"u8.ToArray(), token));
        byte[] buffer = new byte[16];

        for (int i = 0; i < 5; i++)
        {
            using TcpClient client = Connect(server);
            await client.ReceiveExactlyAsync(buffer.AsMemory(0, 3)).Within();
            (await client.ReceiveAsync(buffer).Within()).Should().Be(0);
        }

        await server.StopAsync().Within();
        await serving.Within();
    }

    [Fact]
    public async Task Connections_lists_what_is_served_and_only_that()
    {
        await using TcpServer server = Listen();
        using TcpClient taken = Connect(server);
        using TcpConnection accepted = server.Accept();
        var release = new TaskCompletionSource();
        Task serving = server.ServeAsync((_, _) => release.Task);
        server.ConnectionCount.Should().Be(0);

        using TcpClient first = Connect(server);
        using TcpClient second = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 2, "two clients are connected");

        server.Connections.Select(static connection => connection.RemoteEndPoint)
            .Should().BeEquivalentTo([first.LocalEndPoint, second.LocalEndPoint]);
        release.SetResult();
        await Eventually.BeAsync(() => server.ConnectionCount, 0, "both handlers have returned");
        await server.StopAsync().Within();
        await serving.Within();
        accepted.Send("still here"u8).Should().Be(10);
    }

    [Fact]
    public async Task Serving_ends_without_an_exception_on_its_token()
    {
        using TcpServer server = Listen();
        using var source = new CancellationTokenSource();
        var cancelled = new TaskCompletionSource();
        Task serving = server.ServeAsync(
            async (connection, token) =>
            {
                // Never disposed: the receive may be over before the token gets to this callback.
                token.Register(cancelled.SetResult);
                await connection.ReceiveAsync(new byte[1], token);
            },
            source.Token);
        using TcpClient client = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "a client is connected");

        await source.CancelAsync();

        await cancelled.Task.Within();
        await serving.Within();
        (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(0, "the handler obeyed its token, so the end is graceful");
        server.Invoking(static server => server.Accept()).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public async Task Serving_ends_without_an_exception_on_Dispose_which_aborts_what_is_served()
    {
        TcpServer server = Listen();
        Task serving = server.ServeAsync(static (connection, _) => connection.ReceiveAsync(new byte[1], CancellationToken.None).AsTask());
        using TcpClient client = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "a client is connected");
        TcpConnection served = server.Connections.Single();

        server.Dispose();

        await serving.Within();
        served.CloseReason.Should().Be(CloseReason.ServerStopped);
        Func<Task> receive = () => client.ReceiveAsync(new byte[1]).Within();
        (await receive.Should().ThrowAsync<SocketException>()).Which.IsDisconnect().Should().BeTrue();
    }

    [Fact]
    public async Task Serving_twice_is_refused_and_serving_after_the_stop_too()
    {
        TcpServer server = Listen();
        Task serving = server.ServeAsync(static (_, _) => Task.CompletedTask);
        Action again = () => _ = server.ServeAsync(static (_, _) => Task.CompletedTask);

        again.Should().Throw<InvalidOperationException>().Which.Should().NotBeOfType<ObjectDisposedException>();
        await server.StopAsync().Within();
        again.Should().Throw<ObjectDisposedException>();
        await server.StopAsync().Within();
        await serving.Within();
    }

    [Fact]
    public async Task AcceptAllAsync_gives_every_connection_and_ends_quietly_when_the_server_stops()
    {
        using TcpServer server = Listen();
        using TcpClient first = Connect(server);
        using TcpClient second = Connect(server);
        int accepted = 0;

        async Task AcceptAllAsync()
        {
            await foreach (TcpConnection connection in server.AcceptAllAsync())
            {
                using (connection)
                {
                    if (++accepted == 2)
                    {
                        _ = server.StopAsync();
                    }
                }
            }
        }

        await AcceptAllAsync().Within();

        accepted.Should().Be(2);
    }

    [Fact]
    public async Task AcceptAllAsync_throws_on_its_token_and_the_server_goes_on()
    {
        using TcpServer server = Listen();
        using var source = new CancellationTokenSource();

        async Task AcceptAllAsync()
        {
            await foreach (TcpConnection connection in server.AcceptAllAsync(source.Token))
            {
                connection.Dispose();
            }
        }

        Task accepting = AcceptAllAsync();
        await source.CancelAsync();
        Func<Task> wait = () => accepting.Within();

        (await wait.Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(source.Token);
        using TcpClient client = Connect(server);
        using TcpConnection next = await server.AcceptAsync().Within();
        next.RemoteEndPoint.Should().Be(client.LocalEndPoint);
    }

    [Fact]
    public async Task A_listeners_AsyncLocal_does_not_reach_the_handlers()
    {
        var ambient = new AsyncLocal<string?> { Value = "the listener's" };
        var seen = new TaskCompletionSource<string?>();
        await using TcpServer server = Listen();
        Task serving = server.ServeAsync((_, _) =>
        {
            seen.TrySetResult(ambient.Value);
            ambient.Value = "a handler's";
            return Task.CompletedTask;
        });

        using TcpClient client = Connect(server);

        (await seen.Task.Within()).Should().BeNull();
        await server.StopAsync().Within();
        await serving.Within();
    }

    [Fact]
    public async Task Above_MaxConnections_a_client_is_turned_away_and_below_it_the_next_is_served()
    {
        const int Most = 20;
        TcpServerOptions options = ServerOptions;
        options.MaxConnections = Most;
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            await connection.SendAsync("x"u8.ToArray(), token);
            await connection.ReceiveAsync(new byte[1], token);
        });
        var clients = new TcpClient?[Most + 100];
        for (int i = 0; i < clients.Length; i++)
        {
            clients[i] = TcpClient.TryConnect(server.LocalEndPoint, ClientOptions).Client;
        }

        bool[] served = await Task.WhenAll(clients.Select(IsServedAsync));

        served.Count(static isServed => isServed).Should().Be(Most);
        server.ConnectionCount.Should().Be(Most);
        await Task.WhenAll(clients.Select(static client => Task.Run(() => client?.Dispose()))).Within();
        await Eventually.BeAsync(() => server.ConnectionCount, 0, "all clients are gone");
        using TcpClient next = Connect(server);
        (await IsServedAsync(next)).Should().BeTrue();
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    /// <summary>A reset may overtake the connect's own return; then there is no client.</summary>
    private static async Task<bool> IsServedAsync(TcpClient? client)
    {
        try
        {
            return client is not null && await client.ReceiveAsync(new byte[1]).Within() == 1;
        }
        catch (SocketException exception) when (exception.IsDisconnect())
        {
            // Turned away.
            return false;
        }
    }
}

public sealed class ServeTests_Portable : ServeTests<PortableUnderTest>;

public sealed class ServeTests_Epoll : ServeTests<EpollUnderTest>;
