using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

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
}
