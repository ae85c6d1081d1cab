using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Tcp;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>What the tests of limits share: handlers, and what a peer sees at the end.</summary>
public abstract class LimitTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private protected const int SmallBuffer = 16 * 1024;

    private protected LimitedServer Start(
        string transport, Func<StreamConnection, CancellationToken, Task> handler, Action<LimitedServer.LimitValues> limit) =>
        LimitedServer.Start(transport, EngineBesidePlainPeers, handler, limit);

    /// <summary>Reads until the end, and never writes.</summary>
    private protected static async Task ReadAsync(StreamConnection connection, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[64];
        while (await connection.ReceiveAsync(buffer, cancellationToken) > 0)
        {
            // Nothing is done with it.
        }
    }

    private protected static async Task EchoAsync(StreamConnection connection, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[64];
        int received;
        while ((received = await connection.ReceiveAsync(buffer, cancellationToken)) > 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, received), cancellationToken);
        }
    }

    /// <summary>Neither reads nor writes.</summary>
    private protected static Task WaitAsync(StreamConnection connection, CancellationToken cancellationToken) =>
        Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>The peer sends a byte, and gets it back.</summary>
    private protected static void Exchange(Socket peer)
    {
        peer.Send("x"u8);
        peer.Receive(new byte[1]).Should().Be(1);
    }

    /// <summary>The peer sends a byte of its choice, and gets it back.</summary>
    private protected static void Say(Socket peer, char word)
    {
        peer.Send([(byte)word]);
        peer.Receive(new byte[1]).Should().Be(1);
    }

    private protected static void Reset(Socket peer)
    {
        peer.LingerState = new LingerOption(true, 0);
        peer.Close();
    }

    /// <summary>The limits under which <see cref="EndInEveryWayAsync"/> ends connections.</summary>
    private protected static void LimitEveryWay(LimitedServer.LimitValues values)
    {
        values.IdleTimeout = TimeSpan.FromSeconds(8);
        values.SendStallTimeout = TimeSpan.FromSeconds(4);
        values.SendBufferSize = SmallBuffer;
    }

    /// <summary>A handler that sends the peer's first byte back, and then does what it says.</summary>
    private protected static async Task ObeyAsync(StreamConnection connection, CancellationToken token)
    {
        byte[] buffer = new byte[1];
        await connection.ReceiveAsync(buffer, token);
        await connection.SendAsync(buffer, token);
        switch ((char)buffer[0])
        {
            case 'e':
                await EchoAsync(connection, token);
                break;
            case 't':
                throw new InvalidOperationException("thrown by the handler");
            case 's':
                await connection.SendAsync(new byte[Payload.MoreThanKernelTakes], token);
                break;
        }
    }

    /// <summary>
    /// Connections of <see cref="ObeyAsync"/> end one after the other: the peer finishes, or resets; the handler returns, or throws; the
    /// peer is idle for too long, or takes nothing of what is sent.
    /// </summary>
    private protected static async Task EndInEveryWayAsync(LimitedServer server, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            await EndByPeerAsync(server, 'e', static peer => peer.Shutdown(SocketShutdown.Send));
            await EndByPeerAsync(server, 'e', static peer => Reset(peer));
            await EndByPeerAsync(server, 'r', static _ => { });
            await EndByPeerAsync(server, 't', static _ => { });
            await EndByPeerAsync(server, 'e', _ => LookUntilClosed(server, server.Connections.Single()));
            await EndByPeerAsync(server, 's', _ => LookUntilClosed(server, server.Connections.Single()));
        }
    }

    private protected static void ShouldHaveFinished(Socket peer) => peer.Receive(new byte[1]).Should().Be(0);

    /// <summary>Looks until the connection is closed, and returns how often that took.</summary>
    private protected static int LookUntilClosed(LimitedServer server, StreamConnection served)
    {
        int looks = 0;
        while (!served.Channel.IsClosed && looks < 1000)
        {
            server.Look(1);
            looks++;
        }

        return looks;
    }

    private protected static Task EndedAsync(LimitedServer server, int active = 0) =>
        Eventually.BeAsync(() => server.ConnectionCount, active, "the handlers have ended");

    /// <summary>What a peer does, and what a limit makes of it, is nothing that an operator has to care about.</summary>
    private protected static void ShouldBeQuiet(LimitedServer server) => server.Log.Complaints.Should().BeEmpty();

    private static async Task EndByPeerAsync(LimitedServer server, char word, Action<Socket> end)
    {
        (Socket peer, StreamConnection served) = await server.ConnectServedAsync();
        using (peer)
        {
            Say(peer, word);

            // The clock of the test is faster than a thread that has to return from its send.
            await Eventually.BeTrueAsync(
                () => served.BytesSent > 0 && (word != 's' || served.QueuedBytes > 0) && !served.Channel.IsSending == (word != 's'),
                "the handler is where its word has sent it");
            if (word == 's')
            {
                await TcpFill.UntilFull(served);
            }

            end(peer);
            await EndedAsync(server);
        }
    }
}
