using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class ClosedSignalTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public void An_open_connection_has_no_reason_and_no_signal()
    {
        using PlainPairUnderTest pair = ConnectPlain();

        pair.Connection.CloseReason.Should().Be(CloseReason.None);
        pair.Connection.Closed.IsCancellationRequested.Should().BeFalse();
    }

    [Fact]
    public async Task A_finish_fires_although_nobody_reads_and_sending_goes_on()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task<CloseReason> fired = Fired(pair.Connection);

        pair.Peer.Socket.Shutdown(SocketShutdown.Send);

        (await fired.Within()).Should().Be(CloseReason.PeerFinished);
        await pair.Connection.SendAsync("still"u8.ToArray()).Within();
        pair.Peer.Read(5).Should().Equal("still"u8.ToArray());
        pair.Connection.Receive(new byte[1]).Should().Be(0);
    }

    [Fact]
    public async Task A_reset_fires_although_nobody_reads_and_the_next_receive_still_reports_it()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task<CloseReason> fired = Fired(pair.Connection);

        pair.Peer.Reset();

        (await fired.Within()).Should().Be(CloseReason.PeerReset);
        Expect.Socket(Record.Exception(() => pair.Connection.Receive(new byte[1])), SocketError.ConnectionReset);
    }

    [Fact]
    public async Task A_reset_that_came_before_anybody_watched_fires_too()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Peer.Reset();
        pair.Connection.WaitReadable(Limits.Hang).Should().BeTrue();

        (await Fired(pair.Connection).Within()).Should().Be(CloseReason.PeerReset);
        await Expect.Socket(pair.Connection.ReceiveAsync(new byte[1]).AsTask(), SocketError.ConnectionReset);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task With_unread_bytes_queued_it_fires_at_the_next_receive_at_the_latest(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task<CloseReason> fired = Fired(pair.Connection);
        pair.Peer.Socket.Send("abc"u8);
        pair.Peer.Close();

        (await pair.Connection.ReceiveBy(shape, new byte[3]).Within()).Should().Be(3);

        (await fired.Within()).Should().Be(CloseReason.PeerFinished);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task It_fires_while_a_receive_waits(CallShape shape)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task<CloseReason> fired = Fired(pair.Connection);
        Task<int> pending = pair.Connection.ReceiveBy(shape, new byte[1]);

        pair.Peer.Close();

        (await pending.Within()).Should().Be(0);
        (await fired.Within()).Should().Be(CloseReason.PeerFinished);
    }

    [Fact]
    public async Task Data_does_not_fire_it_and_the_end_after_that_does()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task<CloseReason> fired = Fired(pair.Connection);
        for (int i = 0; i < 10; i++)
        {
            pair.Peer.Socket.Send("ping"u8);
            await pair.Connection.ReceiveExactlyAsync(new byte[4]).Within();
        }

        fired.IsCompleted.Should().BeFalse();
        pair.Peer.Close();
        (await fired.Within()).Should().Be(CloseReason.PeerFinished);
    }

    [Fact]
    public async Task Dispose_fires_with_its_reason()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task<CloseReason> fired = Fired(pair.Connection);

        pair.Connection.Dispose();

        (await fired.Within()).Should().Be(CloseReason.LocalDispose);
    }

    [Fact]
    public async Task Abort_fires_with_its_reason_which_a_later_dispose_leaves_alone()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task<CloseReason> fired = Fired(pair.Connection);

        pair.Connection.Abort();
        pair.Connection.Dispose();

        (await fired.Within()).Should().Be(CloseReason.LocalAbort);
        pair.Connection.CloseReason.Should().Be(CloseReason.LocalAbort);
    }

    [Fact]
    public async Task It_fires_once()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        int count = 0;
        var counted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = pair.Connection.Closed.Register(() =>
        {
            Interlocked.Increment(ref count);
            counted.TrySetResult();
        });
        Task<CloseReason> fired = Fired(pair.Connection);

        pair.Peer.Socket.Shutdown(SocketShutdown.Send);
        await Task.WhenAll(fired, counted.Task).Within();
        pair.Connection.Abort();
        pair.Connection.Dispose();

        count.Should().Be(1);
        pair.Connection.CloseReason.Should().Be(CloseReason.PeerFinished, "the first cause stays, unless a reset follows");
    }

    [Fact]
    public void After_the_end_the_token_is_there_and_fired_for_who_asks_late()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        pair.Connection.Dispose();

        CancellationToken late = pair.Connection.Closed;

        SpinWait.SpinUntil(() => late.IsCancellationRequested, Limits.Hang).Should().BeTrue();
    }

    [Fact]
    public async Task Closing_the_connection_in_the_callback_is_harmless()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = pair.Connection.Closed.Register(() =>
        {
            pair.Connection.Abort();
            pair.Connection.Dispose();
            done.SetResult();
        });

        pair.Peer.Close();

        await done.Task.Within();
        Expect.Disposed(Record.Exception(() => pair.Connection.Receive(new byte[1])));
    }

    /// <summary>The reason as it is when the signal fires.</summary>
    private static Task<CloseReason> Fired(TcpConnection connection)
    {
        var fired = new TaskCompletionSource<CloseReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Closed.Register(() => fired.TrySetResult(connection.CloseReason));
        return fired.Task;
    }
}

public sealed class ClosedSignalTests_Portable : ClosedSignalTests<PortableUnderTest>;

public sealed class ClosedSignalTests_Epoll : ClosedSignalTests<EpollUnderTest>;
