using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using SocketKit.Diagnostics;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>Limits by the client's address.</summary>
public abstract class AddressLimitTests<TEngine> : EngineTests<TEngine>, IDisposable
    where TEngine : EngineUnderTest, new()
{
    private readonly LogRecorder _log = new();

    public void Dispose()
    {
        _log.Dispose();
        GC.SuppressFinalize(this);
    }

    [LinuxFact]
    public async Task An_address_at_its_limit_is_refused_and_other_addresses_are_served()
    {
        TcpServerOptions options = Logging;
        options.MaxConnectionsPerAddress = 2;
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(GreetAsync);
        using TcpClient first = From(server, "127.0.0.2")!;
        using TcpClient second = From(server, "127.0.0.2")!;
        (await IsServedAsync(first), await IsServedAsync(second)).Should().Be((true, true));

        for (int i = 0; i < 5; i++)
        {
            using TcpClient? third = From(server, "127.0.0.2");
            (await IsServedAsync(third)).Should().BeFalse();
        }

        using TcpClient other = From(server, "127.0.0.3")!;
        (await IsServedAsync(other)).Should().BeTrue();
        first.Dispose();
        await Eventually.BeAsync(() => server.ConnectionCount, 2, "the first has left");
        using TcpClient next = From(server, "127.0.0.2")!;
        (await IsServedAsync(next)).Should().BeTrue();
        server.GetStatistics().RejectedTotal.Should().Be(5);
        _log.Complaints.Should().ContainSingle().Which.Text.Should().Contain("MaxConnectionsPerAddress");
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    /// <summary>On a dual-mode server every IPv4 client comes with a mapped address.</summary>
    [Fact]
    public async Task A_mapped_address_counts_as_IPv4_and_IPv6_beside_it()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return;
        }

        TcpServerOptions options = Logging;
        options.MaxConnectionsPerAddress = 1;
        var seen = new ConcurrentQueue<IPAddress>();
        options.AddressFilter = address =>
        {
            seen.Enqueue(address);
            return true;
        };
        await using var server = TcpServer.Listen(0, options);
        Task serving = server.ServeAsync(GreetAsync);

        using TcpClient four = TcpClient.Connect(new IPEndPoint(IPAddress.Loopback, server.Port), ClientOptions);
        (await IsServedAsync(four)).Should().BeTrue();
        using TcpClient six = TcpClient.Connect(new IPEndPoint(IPAddress.IPv6Loopback, server.Port), ClientOptions);
        (await IsServedAsync(six)).Should().BeTrue();
        using TcpClient? again = TcpClient.TryConnect(new IPEndPoint(IPAddress.Loopback, server.Port), ClientOptions).Client;
        (await IsServedAsync(again)).Should().BeFalse();

        seen.Should().Equal(IPAddress.Loopback, IPAddress.IPv6Loopback, IPAddress.Loopback);
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_filter_that_says_no_or_throws_closes_the_connection_unseen(bool throws)
    {
        var thrown = new InvalidTimeZoneException("thrown by the filter");
        TcpServerOptions options = Logging;
        int calls = 0;
        int handled = 0;
        options.AddressFilter = _ => Interlocked.Increment(ref calls) > 3 || (throws ? throw thrown : false);
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync((connection, token) =>
        {
            Interlocked.Increment(ref handled);
            return GreetAsync(connection, token);
        });

        for (int i = 0; i < 3; i++)
        {
            using TcpClient? refused = TcpClient.TryConnect(server.LocalEndPoint, ClientOptions).Client;
            (await IsServedAsync(refused)).Should().BeFalse();
        }

        using TcpClient client = Connect(server);
        (await IsServedAsync(client)).Should().BeTrue();
        handled.Should().Be(1);
        server.GetStatistics().RejectedTotal.Should().Be(3);
        _log.Complaints.Count(static line => line.Id.Id == EventIds.ConnectionRejected).Should().Be(1);
        _log.Complaints.Where(static line => line.Id.Id == EventIds.AddressFilterFailed).Select(static line => line.Exception)
            .Should().Equal(throws ? [thrown] : []);
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    [Fact]
    public async Task Accept_asks_no_filter_and_knows_no_limit()
    {
        TcpServerOptions options = Logging;
        (options.MaxConnections, options.MaxConnectionsPerAddress) = (1, 1);
        options.AddressFilter = static _ => false;
        using TcpServer server = Listen(options);
        using TcpClient first = Connect(server);
        using TcpClient second = Connect(server);

        using TcpConnection one = server.Accept();
        using TcpConnection other = await server.AcceptAsync().Within();

        other.Send("x"u8);
        second.Receive(new byte[1]).Should().Be(1);
        ServerStatistics statistics = server.GetStatistics();
        (statistics.AcceptedTotal, statistics.RejectedTotal, statistics.BytesSent).Should().Be((0, 0, 0));
    }

    private TcpServerOptions Logging
    {
        get
        {
            TcpServerOptions options = ServerOptions;
            options.LoggerFactory = _log;
            return options;
        }
    }

    private static async Task GreetAsync(TcpConnection connection, CancellationToken cancellationToken)
    {
        await connection.SendAsync("x"u8.ToArray(), cancellationToken);
        await connection.ReceiveAsync(new byte[1], cancellationToken);
    }

    /// <summary>A reset may overtake the connect's own return; then there is no client.</summary>
    private TcpClient? From(TcpServer server, string address)
    {
        TcpClientOptions options = ClientOptions;
        options.LocalEndPoint = new IPEndPoint(IPAddress.Parse(address), 0);
        return TcpClient.TryConnect(server.LocalEndPoint, options).Client;
    }

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

public sealed class AddressLimitTests_Portable : AddressLimitTests<PortableUnderTest>;

public sealed class AddressLimitTests_Epoll : AddressLimitTests<EpollUnderTest>;
