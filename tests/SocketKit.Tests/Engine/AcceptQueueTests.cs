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
