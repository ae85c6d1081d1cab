using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>Connections on which nothing moves any more.</summary>
public abstract class IdleTests<TEngine> : LimitTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Seconds = 8;

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task After_its_last_byte_a_connection_is_closed_with_FIN(string transport)
    {
        await using LimitedServer server = Start(transport, EchoAsync, Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            server.Look(3);
            Exchange(peer);
            await Eventually.BeTrueAsync(() => served.BytesSent == 1 && !served.Channel.IsSending, "the answer was sent");

            // The first of these sees the bytes.
            server.Look(Seconds);
            served.CloseReason.Should().Be(CloseReason.None);
            server.Look(1);

            served.CloseReason.Should().Be(CloseReason.IdleTimeout);
            ShouldHaveFinished(peer);
            await EndedAsync(server);
            ShouldBeQuiet(server);
        }
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task Traffic_at_a_quarter_of_the_limit_keeps_it_open_in_either_direction(string transport)
    {
        await using LimitedServer server = Start(transport, EchoAsync, Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            for (int i = 0; i < 50; i++)
            {
                server.Look(Seconds / 4);
                Exchange(peer);
            }

            served.CloseReason.Should().Be(CloseReason.None);
            served.BytesReceived.Should().Be(50);
        }
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task A_connection_that_never_moved_a_byte_is_idle_too(string transport)
    {
        await using LimitedServer server = Start(transport, ReadAsync, Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            LookUntilClosed(server, served).Should().Be(Seconds + 1);

            served.CloseReason.Should().Be(CloseReason.IdleTimeout);
        }
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task Bytes_that_the_handler_has_not_read_keep_it_open_until_they_are_read(string transport)
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LimitedServer server = Start(
            transport,
            async (connection, token) =>
            {
                await read.Task.WaitAsync(token);
                await ReadAsync(connection, token);
            },
            Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            peer.Send("xyz"u8);
            await Eventually.BeTrueAsync(() => served.Available == 3, "they have arrived");
            server.Look(10 * Seconds);
            served.CloseReason.Should().Be(CloseReason.None);

            read.SetResult();
            await Eventually.BeTrueAsync(() => served.BytesReceived == 3, "they were read");
            server.Look(Seconds + 1);

            served.CloseReason.Should().Be(CloseReason.IdleTimeout);
        }
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task A_send_that_waits_keeps_it_open_because_only_the_stall_counts_then(string transport)
    {
        await using LimitedServer server = Start(
            transport,
            static (connection, token) => connection.SendAsync(new byte[Payload.MoreThanKernelTakes], token).AsTask(),
            Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            await Eventually.BeTrueAsync(() => served.QueuedBytes > 0, "the send waits");

            server.Look(20 * Seconds);

            served.CloseReason.Should().Be(CloseReason.None);
        }
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task A_peer_that_has_finished_is_idle_when_this_side_says_nothing(string transport)
    {
        await using LimitedServer server = Start(
            transport,
            static async (connection, token) =>
            {
                await ReadAsync(connection, token);

                // The handler has seen the end, and waits for something that never comes.
                await connection.WaitWritableAsync(token);
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            },
            Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            peer.Send("x"u8);
            peer.Shutdown(SocketShutdown.Send);
            await Eventually.BeTrueAsync(() => served.CloseReason == CloseReason.PeerFinished, "the handler has seen the end");

            server.Look(Seconds + 2);

            served.CloseReason.Should().Be(CloseReason.IdleTimeout);
            ShouldHaveFinished(peer);
        }
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task What_was_just_sent_reaches_the_peer_before_the_end(string transport)
    {
        await using LimitedServer server = Start(
            transport,
            static async (connection, token) =>
            {
                await connection.SendAsync(Payload.Of(5000), token);
                await WaitAsync(connection, token);
            },
            Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            await Eventually.BeTrueAsync(() => served.BytesSent == 5000 && !served.Channel.IsSending, "it was sent");
            LookUntilClosed(server, served);

            byte[] all = new byte[6000];
            int count = 0;
            int received;
            while ((received = peer.Receive(all.AsSpan(count))) > 0)
            {
                count += received;
            }

            all.AsSpan(0, count).SequenceEqual(Payload.Of(5000)).Should().BeTrue();
        }
    }

    /// <summary>A stopped process, or a machine that slept: each peer had no chance to be heard meanwhile.</summary>
    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task A_stop_of_the_whole_process_closes_nobody_who_was_not_idle_before(string transport)
    {
        await using LimitedServer server = Start(transport, EchoAsync, Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            Exchange(peer);
            server.Look(2);

            server.Clock.Advance(TimeSpan.FromHours(8));
            server.Look(2);

            served.CloseReason.Should().Be(CloseReason.None);
            Exchange(peer);
        }
    }

    /// <summary>All servers of a process share one timer. A first client sets it, also while other connections are looked at.</summary>
    [Fact]
    public async Task A_server_that_gets_its_first_client_while_another_one_is_looked_at_disturbs_no_look()
    {
        var clock = new ManualClock();
        var late = new List<Socket>();
        int met = 0;
        await using LimitedServer second = Start(LimitedServer.Tcp, ReadAsync, LimitByClock);
        var engine = new WrappingEngine(Engine, channel => new XorChannel(channel, _ => OnClosed()));
        await using LimitedServer first = LimitedServer.Start(LimitedServer.Tcp, engine, ReadAsync, LimitByClock);
        Socket[] peers = [first.Connect(), first.Connect()];
        await Eventually.BeAsync(() => first.ConnectionCount, peers.Length, "all are served");
        await clock.WaitedForAsync();

        first.Look(Seconds + 1);

        late.Should().HaveCount(2);
        await EndedAsync(first);
        first.GetStatistics().ClosedTotal[CloseReason.IdleTimeout].Should().Be(peers.Length);
        second.Look(Seconds);
        second.Connections.Should().HaveCount(2).And.OnlyContain(static served => served.CloseReason == CloseReason.None);
        second.Look(1);
        await EndedAsync(second);
        second.GetStatistics().ClosedTotal[CloseReason.IdleTimeout].Should().Be(2);
        late.ForEach(static peer => peer.Dispose());
        Array.ForEach(peers, static peer => peer.Dispose());

        void LimitByClock(LimitedServer.LimitValues values)
        {
            values.Clock = clock;
            values.IdleTimeout = TimeSpan.FromSeconds(Seconds);
        }

        // First called by the look that closes one of two.
        void OnClosed()
        {
            if (Interlocked.Exchange(ref met, 1) == 0)
            {
                // When the second client is served, the first one is watched.
                late.AddRange([second.Connect(), second.Connect()]);
                SpinWait.SpinUntil(() => second.ConnectionCount == 2, Limits.Hang).Should().BeTrue();
                clock.Advance(TimeSpan.Zero);
            }
        }
    }

    private static void Limit(LimitedServer.LimitValues values)
    {
        values.IdleTimeout = TimeSpan.FromSeconds(Seconds);
        values.FirstByteTimeout = TimeSpan.FromSeconds(30);
    }
}

public sealed class IdleTests_Portable : IdleTests<PortableUnderTest>;

public sealed class IdleTests_Epoll : IdleTests<EpollUnderTest>;

public sealed class IdleTests_PortableWrapped : IdleTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class IdleTests_EpollWrapped : IdleTests<WrappedUnderTest<EpollUnderTest>>;
