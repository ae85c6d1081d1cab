using System.Threading.Channels;
using SocketKit.Engine;
using SocketKit.Engine.Streams;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tests.Options;

namespace SocketKit.Tests.Engine;

public sealed class AcceptQueueTests
{
    [Fact]
    public async Task What_accepting_throws_ends_one_wait_and_the_others_are_served()
    {
        var acceptor = new FakeAcceptor();
        var queue = new AcceptQueue(acceptor);
        Task<AcceptResult> first = Wait(queue);
        Task<AcceptResult> second = Wait(queue);
        using var channel = new WatchedChannel();

        acceptor.Throw(new InvalidOperationException("thrown by the acceptor"));
        acceptor.Give(channel);

        AcceptResult broken = await first.Within();
        broken.Unexpected.Should().BeOfType<InvalidOperationException>();
        broken.Outcome.Status.Should().Be(ChannelStatus.Failed);
        (await second.Within()).Channel.Should().BeSameAs(channel);
    }

    [Fact]
    public async Task After_accepting_threw_the_next_caller_is_served()
    {
        var acceptor = new FakeAcceptor();
        var queue = new AcceptQueue(acceptor);
        Task<AcceptResult> first = Wait(queue);
        acceptor.Throw(new InvalidOperationException("thrown by the acceptor"));
        await first.Within();
        using var channel = new WatchedChannel();

        Task<AcceptResult> next = Wait(queue);
        acceptor.Give(channel);

        (await next.Within()).Channel.Should().BeSameAs(channel);
    }

    /// <summary>The accept of a caller who has left goes on, for the next one.</summary>
    [Fact]
    public async Task What_was_accepted_for_nobody_is_told_when_the_queue_is_closed()
    {
        int discarded = 0;
        var acceptor = new FakeAcceptor();
        var queue = new AcceptQueue(acceptor) { Discarded = () => discarded++ };
        AcceptQueue.Waiter waiter = queue.Enlist(continuesInline: false, out AcceptResult _)!;
        waiter.Withdraw(ChannelStatus.Canceled);
        using var channel = new WatchedChannel();
        acceptor.Give(channel);
        await Eventually.BeTrueAsync(() => queue.HasReady, "it is kept");
        discarded.Should().Be(0);

        queue.Close(staysOpen: false);

        discarded.Should().Be(1);
        queue.HasReady.Should().BeFalse();
    }

    [Fact]
    public async Task What_is_accepted_after_the_queue_was_closed_is_told()
    {
        int discarded = 0;
        var acceptor = new FakeAcceptor();
        var queue = new AcceptQueue(acceptor) { Discarded = () => Interlocked.Increment(ref discarded) };
        Task<AcceptResult> waiting = Wait(queue);
        queue.Close(staysOpen: false);
        using var channel = new WatchedChannel();

        acceptor.Give(channel);

        (await waiting.Within()).Outcome.Status.Should().Be(ChannelStatus.Closed);
        await Eventually.BeAsync(() => Volatile.Read(ref discarded), 1, "nobody takes it");
    }

    private static Task<AcceptResult> Wait(AcceptQueue queue) => queue.Enlist(continuesInline: false, out AcceptResult _)!.Task;

    private sealed class FakeAcceptor : IAcceptor
    {
        private readonly Channel<Func<StreamChannel>> _next = Channel.CreateUnbounded<Func<StreamChannel>>();

        public void Give(StreamChannel channel) => _next.Writer.TryWrite(() => channel);

        public void Throw(Exception exception) => _next.Writer.TryWrite(() => throw exception);

        public StreamChannel? TryAccept() => null;

        public async ValueTask<StreamChannel> AcceptAsync(CancellationToken cancellationToken) =>
            (await _next.Reader.ReadAsync(cancellationToken))();

        public void Close()
        {
            // Nothing is open.
        }
    }
}
