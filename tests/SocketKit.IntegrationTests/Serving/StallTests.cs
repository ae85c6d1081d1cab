using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Tcp;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>Peers that do not read what is sent to them.</summary>
public abstract class StallTests<TEngine> : LimitTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Seconds = 8;

    [Theory]
    [MemberData(nameof(EverySend.Rows), MemberType = typeof(EverySend))]
    public async Task A_peer_that_never_reads_is_cut_with_RST_whatever_sends(string transport, string how)
    {
        var ended = new TaskCompletionSource<Exception?>();
        await using LimitedServer server = Start(
            transport,
            async (connection, token) =>
            {
                Exception? failure = await Record.ExceptionAsync(() => EverySend.SendAsync(connection, how, Payload.MoreThanKernelTakes));
                ended.SetResult(failure);
                throw failure ?? new InvalidOperationException("The peer does not read, so this cannot be sent.");
            },
            Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            await UntilFullAsync(served);

            LookUntilClosed(server, served).Should().BeGreaterThanOrEqualTo(Seconds);

            served.CloseReason.Should().Be(CloseReason.SlowPeer);
            Exception failure = (await ended.Task.Within()).Should().BeAssignableTo<Exception>().Subject;
            (failure is IOException ? failure.InnerException : failure).Should().BeOfType<ObjectDisposedException>()
                .Which.Message.Should().Contain("too slow");
            await EndedAsync(server);
            server.GetStatistics().ClosedTotal[CloseReason.SlowPeer].Should().Be(1);
            ShouldBeQuiet(server);
            if (server.HasReset)
            {
                EndOf(peer).Should().Be(SocketError.ConnectionReset);
            }
        }
    }

    [Theory]
    [MemberData(nameof(EverySend.RowsThatEnd), MemberType = typeof(EverySend))]
    public async Task A_slow_steady_reader_is_not_cut_and_gets_everything(string transport, string how)
    {
        var sent = new TaskCompletionSource();
        await using LimitedServer server = Start(
            transport,
            async (connection, _) =>
            {
                await EverySend.SendAsync(connection, how, SlowBytes);
                sent.SetResult();
            },
            Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync(SmallBuffer);
        using (peer)
        {
            await Eventually.BeTrueAsync(() => served.Channel.IsSending, "the send has begun");
            byte[] buffer = new byte[SmallBuffer];
            int count = 0;
            int rounds = 0;
            while (!sent.Task.IsCompleted)
            {
                server.Look(1);
                served.CloseReason.Should().NotBe(CloseReason.SlowPeer);
                long before = served.Channel.BytesTaken;
                int waits = 0;

                // One call may take, again and again, what the reader makes room for, and counts it when it returns. This clock is faster.
                // So a reader that has made room leaves the rest to the sender.
                await Eventually.BeTrueAsync(
                    () =>
                    {
                        // One part makes room, mostly; the kernel may want several, and the sender needs a moment to see it.
                        bool isDue = waits % WaitsPerPart == 0 && (waits == 0 || !served.Channel.WaitWritable(TimeSpan.Zero));
                        waits++;
                        count += isDue && peer.Available > 0 ? peer.Receive(buffer) : 0;
                        return served.Channel.BytesTaken != before || sent.Task.IsCompleted || served.Channel.IsClosed;
                    },
                    "what was read makes room");
                rounds++;
            }

            int received;
            while ((received = peer.Receive(buffer)) > 0)
            {
                count += received;
            }

            count.Should().Be(SlowBytes);
            rounds.Should().BeGreaterThan(Seconds + 1, "it had to wait for the reader longer than the limit");
            ShouldBeQuiet(server);
        }
    }

    /// <summary>
    /// The kernel tells of what was read in steps, for each of which this reader needs several looks. A large TCP receive buffer has larger
    /// steps than this reader takes within the limit.
    /// </summary>
    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task A_reader_of_4_KiB_per_look_is_not_cut_with_the_default_limit(string transport)
    {
        await using LimitedServer server = Start(
            transport,
            static (connection, token) => connection.SendAsync(new byte[Payload.MoreThanKernelTakes], token).AsTask(),
            static values => values.SendStallTimeout = new TcpServerOptions().SendStallTimeout);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync(transport == LimitedServer.Tcp ? SmallBuffer : null);
        using (peer)
        {
            await UntilFullAsync(served);
            byte[] part = new byte[4096];
            for (int i = 0; i < 100; i++)
            {
                peer.Receive(part).Should().BePositive();

                // Nothing is waited for: so long an acknowledgement may take, which has a second otherwise.
                await Task.Delay(s_acknowledgement);
                server.Look(1);
                served.CloseReason.Should().Be(CloseReason.None);
            }
        }
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task What_a_peer_sends_does_not_save_it_while_it_does_not_read(string transport)
    {
        await using LimitedServer server = Start(
            transport,
            static async (connection, token) =>
            {
                Task sending = connection.SendAsync(new byte[Payload.MoreThanKernelTakes], token).AsTask();
                await ReadAsync(connection, token);
                await sending;
            },
            Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            await UntilFullAsync(served);
            int looks = 0;
            for (; !served.Channel.IsClosed && looks < 100; looks++)
            {
                long before = served.BytesReceived;
                peer.Send("x"u8);
                await Eventually.BeTrueAsync(() => served.BytesReceived > before, "the handler reads");
                server.Look(1);
            }

            looks.Should().BeInRange(Seconds, 99);
            served.CloseReason.Should().Be(CloseReason.SlowPeer);
        }
    }

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task An_infinite_limit_cuts_nobody(string transport)
    {
        await using LimitedServer server = Start(
            transport,
            static (connection, token) => connection.SendAsync(new byte[Payload.MoreThanKernelTakes], token).AsTask(),
            static values => values.FirstByteTimeout = TimeSpan.FromSeconds(Seconds));
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            await UntilFullAsync(served);

            server.Look(50 * Seconds);

            served.CloseReason.Should().Be(CloseReason.None);
        }
    }

    /// <summary>CVE-2025-21605: a client that never reads, even before its login, made the server's memory grow without limit.</summary>
    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task CVE_2025_21605_A_client_that_never_reads_is_cut_and_what_waits_for_it_is_let_go(string transport)
    {
        const int Answers = 1000;
        byte[] answer = new byte[Payload.MoreThanKernelTakes];
        var failures = new List<Task>();
        await using LimitedServer server = Start(
            transport,
            async (connection, _) =>
            {
                for (int i = 0; i < Answers; i++)
                {
                    failures.Add(Expect.Disposed(connection.SendAsync(answer, CancellationToken.None).AsTask()));
                }

                await Task.WhenAll(failures);
            },
            Limit);
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            await Eventually.BeTrueAsync(() => failures.Count == Answers, "all answers wait");
            await UntilFullAsync(served);
            await Eventually.BeTrueAsync(
                () => served.QueuedBytes == ((long)Answers * answer.Length) - served.BytesSent, "all that has not gone is queued");

            LookUntilClosed(server, served);

            await EndedAsync(server);
            failures.Should().OnlyContain(static failure => failure.IsCompletedSuccessfully);
            served.CloseReason.Should().Be(CloseReason.SlowPeer);
            served.QueuedBytes.Should().Be(0);
        }
    }

    /// <summary>More than the small buffers of both ends take.</summary>
    private const int SlowBytes = 2 * 1024 * 1024;

    private const int WaitsPerPart = 500;

    private static readonly TimeSpan s_acknowledgement = TimeSpan.FromMilliseconds(5);

    private static void Limit(LimitedServer.LimitValues values)
    {
        values.SendStallTimeout = TimeSpan.FromSeconds(Seconds);
        values.SendBufferSize = SmallBuffer;
    }

    /// <summary>Waits until the kernel takes no more from a send that is under way.</summary>
    private static async Task UntilFullAsync(StreamConnection served)
    {
        await Eventually.BeTrueAsync(() => served.Channel.IsSending, "the send has begun");
        await TcpFill.UntilFull(served);
        await Eventually.BeTrueAsync(() => served.Channel.QueuedBytes > 0, "it waits, or the next one of a relay does");
    }

    private static SocketError EndOf(Socket peer)
    {
        byte[] buffer = new byte[65_536];
        SocketError error;
        while (peer.Receive(buffer, SocketFlags.None, out error) > 0)
        {
            // What the kernel had before the reset.
        }

        return error;
    }
}

public sealed class StallTests_Portable : StallTests<PortableUnderTest>;

public sealed class StallTests_Epoll : StallTests<EpollUnderTest>;

public sealed class StallTests_PortableWrapped : StallTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class StallTests_EpollWrapped : StallTests<WrappedUnderTest<EpollUnderTest>>;
