using System.Collections.Concurrent;
using System.Net;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Loops;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>Engines made to order. Their threads stay, so the tests make few.</summary>
[SupportedOSPlatform("linux")]
public sealed class CreateEpollTests
{
    private const int Clients = 8;
    private const int Rounds = 20;

    private static readonly Lazy<SocketEngine> s_two = new(static () =>
        SocketEngine.CreateEpoll(new EpollEngineOptions { Loops = 2, BusyPoll = BusyPoll.Off }));

    [LinuxFact]
    public void An_engine_says_how_it_was_made()
    {
        s_two.Value.Description.Should().StartWith("epoll").And.Contain("CreateEpoll").And.EndWith(", 2 loops, busy poll off");
    }

    [LinuxFact]
    public async Task Connections_are_spread_over_the_loops()
    {
        var loops = new ConcurrentDictionary<EpollLoop, bool>();

        await EchoAsync(s_two.Value, loops);

        loops.Should().HaveCount(2);
    }

    /// <summary>So that the two sides of a proxy need no other thread.</summary>
    [LinuxFact]
    public async Task A_client_that_a_handler_connects_stays_on_the_handlers_loop()
    {
        using var upstream =
            TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Engine = SocketEngine.Portable });
        Task answering = upstream.ServeAsync(static async (connection, token) => await connection.SendAsync("x"u8.ToArray(), token));
        using var proxy = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Engine = s_two.Value });
        var loops = new ConcurrentBag<(EpollLoop? Own, EpollLoop? Clients)>();
        Task serving = proxy.ServeAsync(async (connection, token) =>
        {
            byte[] buffer = new byte[1];
            while (await connection.ReceiveAsync(buffer, token).ConfigureAwait(false) > 0)
            {
                EpollLoop? own = EpollLoop.Current;
                using TcpClient client = await TcpClient.ConnectAsync(
                    upstream.LocalEndPoint, new TcpClientOptions { Engine = s_two.Value }, token).ConfigureAwait(false);
                await client.ReceiveAsync(buffer, token).ConfigureAwait(false);
                loops.Add((own, EpollLoop.Current));
                await connection.SendAsync(buffer, token).ConfigureAwait(false);
            }
        });

        TcpClient[] clients = [.. Enumerable.Range(0, 4).Select(
            _ => TcpClient.Connect(proxy.LocalEndPoint, new TcpClientOptions { Engine = SocketEngine.Portable }))];
        await Task.WhenAll(clients.Select(EchoAsync));

        // Where a loop was taken from a handler that did not get on, there is none to compare.
        loops.Where(static pair => pair is { Own: not null, Clients: not null }).Should().NotBeEmpty()
            .And.OnlyContain(static pair => pair.Own == pair.Clients);
        Array.ForEach(clients, static client => client.Dispose());
        await proxy.StopAsync().Within();
        await upstream.StopAsync().Within();
        await Task.WhenAll(serving, answering).Within();
    }

    [LinuxFact]
    public async Task The_defaults_and_a_fixed_busy_poll_serve_too()
    {
        SocketEngine plain = SocketEngine.CreateEpoll();
        SocketEngine polling =
            SocketEngine.CreateEpoll(new EpollEngineOptions { Loops = 1, BusyPoll = BusyPoll.Fixed(TimeSpan.FromMicroseconds(50)) });
        var loops = new ConcurrentDictionary<EpollLoop, bool>();

        await EchoAsync(plain, loops);
        loops.Clear();
        await EchoAsync(polling, loops);

        loops.Should().HaveCount(1);
        plain.Description.Should().NotContain("busy poll");
        polling.Description.Should().EndWith(", 1 loop, busy poll 50 µs");
    }

    /// <summary>
    /// Clients of another engine, one after the other, so that only what is accepted counts; notes the loops on which handlers went on.
    /// </summary>
    private static async Task EchoAsync(SocketEngine engine, ConcurrentDictionary<EpollLoop, bool> loops)
    {
        using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Engine = engine });
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            byte[] buffer = new byte[1];
            while (await connection.ReceiveAsync(buffer, token).ConfigureAwait(false) > 0)
            {
                if (EpollLoop.Current is { } loop)
                {
                    loops.TryAdd(loop, true);
                }

                await connection.SendAsync(buffer, token).ConfigureAwait(false);
            }
        });
        var clients = new List<TcpClient>();
        for (int i = 0; i < Clients; i++)
        {
            clients.Add(TcpClient.Connect(server.LocalEndPoint, new TcpClientOptions { Engine = SocketEngine.Portable }));
            await EchoAsync(clients[i]);
        }

        await Task.WhenAll(clients.Select(EchoAsync));
        clients.ForEach(static client => client.Dispose());
        await server.StopAsync().Within();
        await serving.Within();
    }

    private static async Task EchoAsync(TcpClient client)
    {
        byte[] buffer = new byte[1];
        for (int i = 0; i < Rounds; i++)
        {
            await client.SendAsync(buffer).Within();
            (await client.ReceiveAsync(buffer).Within()).Should().Be(1);
        }
    }
}
