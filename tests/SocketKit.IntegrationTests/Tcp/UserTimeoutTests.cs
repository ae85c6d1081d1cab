using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>
/// TCP_USER_TIMEOUT against a peer that lives and never reads: the kernel gives the connection up while a send waits for room.
/// </summary>
public abstract class UserTimeoutTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly TimeSpan s_userTimeout = TimeSpan.FromMilliseconds(200);

    [LinuxFact]
    public Task A_blocking_send_says_that_the_system_gave_up() =>
        GivesUpAsync(CallShape.Blocking, Timeout.InfiniteTimeSpan, watched: false);

    [LinuxFact]
    public Task A_blocking_send_with_a_deadline_says_that_the_system_gave_up() =>
        GivesUpAsync(CallShape.Blocking, Limits.Hang, watched: false);

    [LinuxFact]
    public Task An_async_send_says_that_the_system_gave_up() => GivesUpAsync(CallShape.Async, Timeout.InfiniteTimeSpan, watched: false);

    [LinuxFact]
    public Task An_async_send_with_a_deadline_says_that_the_system_gave_up() => GivesUpAsync(CallShape.Async, Limits.Hang, watched: false);

    [LinuxFact]
    public Task A_try_send_says_that_the_system_gave_up() => GivesUpAsync(CallShape.Try, Timeout.InfiniteTimeSpan, watched: false);

    [LinuxFact]
    public Task A_blocking_send_says_so_while_Closed_is_watched() =>
        GivesUpAsync(CallShape.Blocking, Timeout.InfiniteTimeSpan, watched: true);

    [LinuxFact]
    public Task An_async_send_says_so_while_Closed_is_watched() => GivesUpAsync(CallShape.Async, Timeout.InfiniteTimeSpan, watched: true);

    [LinuxFact]
    public async Task Of_a_pending_send_and_a_pending_receive_both_say_so()
    {
        using PlainPairUnderTest pair = Pair();
        Task<int> receive = pair.Connection.ReceiveAsync(new byte[1]).AsTask();

        Exception? sent = await Expect.Failure(pair.Connection.SendAsync(Payload.Of(Payload.MoreThanKernelTakes)).AsTask());

        ShouldBeGivenUp(sent, "send");
        ShouldBeGivenUp(await Expect.Failure(receive), "receive");
        pair.Connection.CloseReason.Should().Be(CloseReason.TimedOut);
    }

    private async Task GivesUpAsync(CallShape shape, TimeSpan timeout, bool watched)
    {
        using PlainPairUnderTest pair = Pair();
        pair.Connection.Timeout = timeout;
        CancellationToken closed = watched ? pair.Connection.Closed : default;

        Exception? failure = await Expect.Failure(pair.Connection.SendBy(shape, Payload.Of(Payload.MoreThanKernelTakes)));

        ShouldBeGivenUp(failure, "send");
        pair.Connection.CloseReason.Should().Be(CloseReason.TimedOut);
        Exception? later = Record.Exception(() => pair.Connection.Send("x"u8));
        Expect.Disconnected(later);
        if (watched)
        {
            await Until(() => closed.IsCancellationRequested);
        }
    }

    /// <summary>Not a time-out of ours: the exact type is that of an error of the system.</summary>
    private static void ShouldBeGivenUp(Exception? failure, string operation) =>
        Expect.Socket(failure, SocketError.TimedOut).Message.Should()
            .StartWith($"{operation} on ").And.EndWith("failed: the peer did not answer and the system gave up on it (TimedOut).");

    private PlainPairUnderTest Pair()
    {
        TcpServerOptions options = ServerOptions;
        options.KeepAlive = null;
        options.UserTimeout = s_userTimeout;
        options.SendBufferSize = SmallBuffer;
        using TcpServer server = Listen(options);
        PlainPeer peer = PlainPeer.ConnectTo(server.LocalEndPoint, static socket => socket.ReceiveBufferSize = SmallBuffer);
        return new PlainPairUnderTest(peer, server.Accept());
    }
}

public sealed class UserTimeoutTests_Portable : UserTimeoutTests<PortableUnderTest>;

public sealed class UserTimeoutTests_Epoll : UserTimeoutTests<EpollUnderTest>;
