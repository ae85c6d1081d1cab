using System.IO.Pipelines;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>Connections on which nothing ever moves.</summary>
public abstract class FirstByteTests<TEngine> : LimitTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Seconds = 30;

    /// <summary>CVE-2018-12122: clients that connect and say nothing held connections for ever.</summary>
    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task CVE_2018_12122_A_silent_connection_is_closed_with_FIN_after_FirstByteTimeout_and_not_before(string transport)
    {
        var ended = new TaskCompletionSource<Exception?>();
        await using LimitedServer server = Start(
            transport,
            async (connection, token) => ended.SetResult(await Record.ExceptionAsync(() => ReadAsync(connection, token))),
            Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            // The first look begins to count.
            server.Look(Seconds);
            served.CloseReason.Should().Be(CloseReason.None);
            server.Look(1);

            served.CloseReason.Should().Be(CloseReason.IdleTimeout);
            ShouldHaveFinished(peer);
            (await ended.Task.Within()).Should().BeOfType<ObjectDisposedException>().Which.Message.Should().Contain("FirstByteTimeout");
            await EndedAsync(server);
            server.GetStatistics().ClosedTotal[CloseReason.IdleTimeout].Should().Be(1);
            ShouldBeQuiet(server);
        }
    }

    [Theory]
    [InlineData("blocking")]
    [InlineData("stream")]
    [InlineData("pipe")]
    [InlineData("wait")]
    [InlineData("nothing")]
    public async Task Every_kind_of_handler_is_told_and_its_end_is_the_peers_fault(string kind)
    {
        await using LimitedServer server = Start(
            LimitedServer.Tcp,
            (connection, token) => kind switch
            {
                "blocking" => Limits.OnThread(() => connection.Receive(new byte[1])),
                "stream" => connection.GetStream(leaveOpen: true).ReadAsync(new byte[1], CancellationToken.None).AsTask(),
                "pipe" => connection.GetPipe().Input.ReadAsync(CancellationToken.None).AsTask(),
                "wait" => connection.WaitReadableAsync(CancellationToken.None).AsTask(),
                _ => WaitForClosedAsync(connection),
            },
            Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            LookUntilClosed(server, served).Should().Be(Seconds + 1);

            ShouldHaveFinished(peer);
            await EndedAsync(server);
            served.CloseReason.Should().Be(CloseReason.IdleTimeout);
            ShouldBeQuiet(server);
        }
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task A_byte_from_the_peer_ends_it_for_good(string transport)
    {
        await using LimitedServer server = Start(transport, ReadAsync, Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            server.Look(Seconds - 1);
            peer.Send("x"u8);
            await Eventually.BeTrueAsync(() => served.BytesReceived == 1, "the handler has read it");

            server.Look(10 * Seconds);

            served.CloseReason.Should().Be(CloseReason.None);
        }
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task A_byte_to_the_peer_ends_it_for_good(string transport)
    {
        await using LimitedServer server = Start(
            transport,
            static async (connection, token) =>
            {
                await connection.SendAsync("x"u8.ToArray(), token);
                await ReadAsync(connection, token);
            },
            Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            peer.Receive(new byte[1]).Should().Be(1);

            server.Look(10 * Seconds);

            served.CloseReason.Should().Be(CloseReason.None);
        }
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task A_byte_that_the_handler_has_not_read_is_a_first_byte(string transport)
    {
        await using LimitedServer server = Start(transport, WaitAsync, Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            peer.Send("x"u8);
            await Eventually.BeTrueAsync(() => served.Available == 1, "it has arrived");

            server.Look(10 * Seconds);

            served.CloseReason.Should().Be(CloseReason.None);
        }
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task Infinite_limits_close_nothing_and_need_no_timer(string transport)
    {
        await using LimitedServer server = Start(transport, ReadAsync, static _ => { });
        using Socket peer = server.Connect();
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "the client is served");

        server.Clock.IsWaitedFor.Should().BeFalse();
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task The_timer_stops_when_the_last_connection_has_ended(string transport)
    {
        await using LimitedServer server = Start(transport, ReadAsync, Limit);
        for (int i = 0; i < 3; i++)
        {
            (Socket peer, StreamConnection _) = await server.ConnectServedAsync();
            peer.Dispose();
            await EndedAsync(server);
            server.Look(1);

            server.Clock.IsWaitedFor.Should().BeFalse();
        }
    }

    private static void Limit(LimitedServer.LimitValues values) => values.FirstByteTimeout = TimeSpan.FromSeconds(Seconds);

    private static async Task WaitForClosedAsync(StreamConnection connection)
    {
        var closed = new TaskCompletionSource();
        using CancellationTokenRegistration registration = connection.Closed.Register(closed.SetResult);
        await closed.Task;
    }
}

public sealed class FirstByteTests_Portable : FirstByteTests<PortableUnderTest>;

public sealed class FirstByteTests_Epoll : FirstByteTests<EpollUnderTest>;

public sealed class FirstByteTests_PortableWrapped : FirstByteTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class FirstByteTests_EpollWrapped : FirstByteTests<WrappedUnderTest<EpollUnderTest>>;
