using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>Many peers that are slow on purpose.</summary>
public abstract class SlowPeerTests<TEngine> : LimitTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Peers = 1000;

    /// <summary>A byte now and then is not idle; of those that say nothing more, none stays.</summary>
    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task Of_1_000_peers_those_that_drip_stay_and_those_that_are_silent_go(string transport)
    {
        await using LimitedServer server = Start(transport, ReadAsync, static values =>
        {
            values.FirstByteTimeout = TimeSpan.FromSeconds(30);
            values.IdleTimeout = TimeSpan.FromSeconds(12);
            values.SendStallTimeout = TimeSpan.FromSeconds(30);
        });
        Socket[] peers = [.. Enumerable.Range(0, Peers).Select(_ => server.Connect())];
        await Eventually.BeAsync(() => server.ConnectionCount, Peers, "all are served");
        await server.Clock.WaitedForAsync();

        int drips = 0;
        for (int round = 0; round < 6; round++)
        {
            for (int i = 0; i < Peers; i += 2)
            {
                peers[i].Send("x"u8);
                drips++;
            }

            await Eventually.BeTrueAsync(() => server.GetStatistics().BytesReceived == drips, "the handlers have read them");
            server.Look(10);
        }

        await EndedAsync(server, Peers / 2);
        server.GetStatistics().ClosedTotal[CloseReason.IdleTimeout].Should().Be(Peers / 2);
        server.GetStatistics().BytesReceived.Should().Be(drips);
        ShouldBeQuiet(server);
        Array.ForEach(peers, static peer => peer.Dispose());
    }

    /// <summary>
    /// CVE-2007-6750: a request that comes byte by byte never leaves a connection idle. The deadline of the whole request ends it.
    /// </summary>
    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task CVE_2007_6750_A_request_that_drips_is_cut_by_its_own_deadline(string transport)
    {
        const int RequestLength = 1000;
        var ended = new TaskCompletionSource<Exception?>();
        await using LimitedServer server = Start(
            transport,
            async (connection, token) =>
            {
                Exception? failure = await Record.ExceptionAsync(
                    () => connection.ReceiveExactlyAsync(new byte[RequestLength], TimeSpan.FromMilliseconds(200), token).AsTask());
                ended.SetResult(failure);
                throw failure ?? new InvalidOperationException("The request never becomes complete.");
            },
            static values => values.IdleTimeout = TimeSpan.FromSeconds(12));
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            // The next byte when the last one was read, and always one look later: never idle.
            for (int sent = 0; !ended.Task.IsCompleted && sent < RequestLength / 2; sent++)
            {
                peer.Send("x"u8, SocketFlags.None, out _);
                server.Look(1);
                long expected = sent + 1;
                await Eventually.BeTrueAsync(() => served.BytesReceived >= expected || ended.Task.IsCompleted, "it was read");
            }

            (await ended.Task.Within()).Should().BeOfType<SocketTimeoutException>().Which.BytesTransferred.Should().BePositive();
            await EndedAsync(server);
            server.GetStatistics().ClosedTotal[CloseReason.LocalAbort].Should().Be(1);
            ShouldBeQuiet(server);
        }
    }
}

public sealed class SlowPeerTests_Portable : SlowPeerTests<PortableUnderTest>;

public sealed class SlowPeerTests_Epoll : SlowPeerTests<EpollUnderTest>;
