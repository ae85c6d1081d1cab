using SocketKit.Engine;
using SocketKit.Engine.Streams;

namespace SocketKit.Tests.Engine;

/// <summary>Thread.Interrupt ends a wait for room: the caller hears of it, and the send queue does not stay locked.</summary>
public sealed class InterruptedSendTests
{
    [Fact]
    public void Thread_Interrupt_during_Send_leaves_the_queue_usable() =>
        Check(static stream => stream.Send("x"u8, Timeout.InfiniteTimeSpan));

    [Fact]
    public void Thread_Interrupt_during_SendHandles_leaves_the_queue_usable() =>
        Check(static stream => stream.SendHandles("x"u8, [0], Timeout.InfiniteTimeSpan));

    private static void Check(Func<QueuedStream, IoResult> send)
    {
        using var stream = new CountingStream(0, static () => throw new ThreadInterruptedException());

        Record.Exception(() => send(stream)).Should().BeOfType<ThreadInterruptedException>();
        stream.MakeRoom(1);

        stream.Send("y"u8, TimeSpan.Zero).Status.Should().NotBe(ChannelStatus.WouldBlock, "that says that the turn is somebody else's");
    }
}
