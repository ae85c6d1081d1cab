using System.Runtime.CompilerServices;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Memory;

/// <summary>What the collector makes of a connection that its owner knows no more.</summary>
[Collection(Serial.Name)]
public abstract class WatchedConnectionTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task A_connection_of_which_only_Closed_is_awaited_stays_open_until_the_peer_ends_it()
    {
        using TcpServer server = Listen();
        Task watching = WatchOnly(server);
        using TcpConnection peer = await server.AcceptAsync().Within();

        Collect();

        peer.WaitReadable(TimeSpan.FromMilliseconds(200)).Should().BeFalse("nobody has closed the connection");
        watching.IsCompleted.Should().BeFalse();
        peer.Dispose();
        await watching.Within();
    }

    [Fact]
    public async Task A_forgotten_connection_that_was_watched_is_closed_by_the_collector_once_the_peer_has_finished()
    {
        using TcpServer server = Listen();
        Task watching = WatchOnly(server);
        using TcpConnection peer = await server.AcceptAsync().Within();
        peer.ShutdownSend();
        await watching.Within();

        await Eventually.BeTrueAsync(
            () =>
            {
                Collect();
                return peer.WaitReadable(TimeSpan.Zero);
            },
            "the forgotten connection should have been closed");
    }

    [Theory]
    [InlineData("bytes")]
    [InlineData("messages")]
    [InlineData("pipe")]
    public async Task A_forgotten_connection_that_nobody_watched_is_closed_by_the_collector(string use)
    {
        using TcpServer server = Listen();
        OpenAndForget(server, use);
        using TcpConnection peer = await server.AcceptAsync().Within();

        await Eventually.BeTrueAsync(
            () =>
            {
                Collect();
                return peer.WaitReadable(TimeSpan.Zero);
            },
            "the forgotten connection should have been closed");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Task WatchOnly(TcpServer server) => Task.Delay(-1, Connect(server).Closed)
        .ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void OpenAndForget(TcpServer server, string use)
    {
        TcpClient client = Connect(server);
        bool received = use switch
        {
            "messages" => client.GetMessages(MessageFraming.Lines).TryReceive(out _),
            "pipe" => client.GetPipe().Input.TryRead(out _),
            _ => client.TryReceive(new byte[1], out _),
        };
        received.Should().BeFalse();
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}

public sealed class WatchedConnectionTests_Portable : WatchedConnectionTests<PortableUnderTest>;

public sealed class WatchedConnectionTests_Epoll : WatchedConnectionTests<EpollUnderTest>;
