using System.Net.Sockets;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Sockets.Limits;
using SocketKit.Sockets.Serving;
using SocketKit.Tests.Options;

namespace SocketKit.Tests.Engine;

/// <summary>What follows an accept that gave no connection, by a clock that the test moves.</summary>
public sealed class AcceptLoopTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly FakeListener _listener = new();
    private readonly ServerCounters _counters = new();

    public void Dispose() => _listener.Dispose();

    /// <summary>
    /// A filter or a security module may leave the connection in the queue, so that the next accept fails in the same way at once.
    /// </summary>
    [Theory]
    [InlineData(SocketError.AccessDenied)]
    [InlineData(SocketError.OperationNotSupported)]
    [InlineData(SocketError.Fault)]
    public async Task An_error_that_may_come_again_at_once_is_followed_by_a_pause(SocketError error)
    {
        using AcceptLoop loop = NewLoop();
        _listener.Answer(() => new AcceptResult(IoResult.Failed(error)));

        Task<StreamChannel?> next = loop.NextAsync(CancellationToken.None).AsTask();
        for (int pauses = 1; pauses <= 5; pauses++)
        {
            _listener.Accepts.Should().Be(pauses);
            await _clock.AdvanceToNextAsync();
            await Eventually.BeTrueAsync(() => _listener.Accepts > pauses, "the pause is over");
        }

        await EndAsync(next);
    }

    [Fact]
    public async Task An_error_of_the_connection_that_waited_is_not_followed_by_a_pause()
    {
        using AcceptLoop loop = NewLoop();
        using var channel = new WatchedChannel();
        _listener.Answer(() => _listener.Accepts < 5
            ? new AcceptResult(IoResult.Failed(SocketError.ConnectionAborted))
            : new AcceptResult(default, channel));

        (await loop.NextAsync(CancellationToken.None).AsTask().Within()).Should().BeSameAs(channel);

        _counters.Read(static () => []).AcceptErrors.Should().Be(_listener.Accepts - 1);
        _clock.Elapsed.Should().Be(TimeSpan.Zero);
    }

    /// <summary>Also an error of the connection may come again and again, if the connection stays in the queue.</summary>
    [Fact]
    public async Task Every_tenth_error_in_a_row_is_followed_by_a_pause()
    {
        using AcceptLoop loop = NewLoop();
        _listener.Answer(() => new AcceptResult(
            _listener.Accepts <= 1000 ? IoResult.Failed(SocketError.NetworkDown) : IoResult.Ended(ChannelStatus.Closed)));

        Task<StreamChannel?> next = loop.NextAsync(CancellationToken.None).AsTask();
        for (int pauses = 1; pauses <= 5; pauses++)
        {
            _listener.Accepts.Should().Be(10 * pauses);
            await _clock.AdvanceToNextAsync();
            int reached = 10 * (pauses + 1);
            await Eventually.BeTrueAsync(() => _listener.Accepts == reached, "the pause is over");
        }

        _clock.Elapsed.Should().Be(TimeSpan.FromMilliseconds(50), "at most 1000 attempts per second are made");
        await EndAsync(next);
    }

    /// <summary>While descriptors are short a pause is followed by the next attempt to turn clients away.</summary>
    [Fact]
    public async Task What_a_listener_throws_again_and_again_during_a_shortage_is_logged_once()
    {
        using var log = new LogRecorder();
        using AcceptLoop loop = NewLoop(log);
        _listener.Answer(static () => new AcceptResult(IoResult.Failed(SocketError.TooManyOpenSockets)));

        Task<StreamChannel?> next = loop.NextAsync(CancellationToken.None).AsTask();
        for (int pauses = 1; pauses <= 5; pauses++)
        {
            await _clock.AdvanceToNextAsync();
            await Eventually.BeTrueAsync(() => _listener.Accepts > pauses, "the pause is over");
        }

        await EndAsync(next);
        _clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5), "or there may be a second line");
        log.Complaints.Select(static line => line.Id.Id).Should().Equal(EventIds.AcceptBroke, EventIds.AcceptStarved);
    }

    [Fact]
    public async Task What_a_listener_throws_is_logged_and_followed_by_a_pause_and_the_next_accept()
    {
        using var log = new LogRecorder();
        using AcceptLoop loop = NewLoop(log);
        _listener.Answer(static () => throw new InvalidOperationException("thrown by the listener"));

        Task<StreamChannel?> next = loop.NextAsync(CancellationToken.None).AsTask();
        await _clock.AdvanceToNextAsync();
        await Eventually.BeTrueAsync(() => _listener.Accepts > 1, "the pause is over");

        await EndAsync(next);
        log.Complaints.Should().ContainSingle().Which.Exception!.Message.Should().Be("thrown by the listener");
    }

    private AcceptLoop NewLoop(LogRecorder? log = null) =>
        new(
            _listener,
            null,
            new TaskCompletionSource().Task,
            (log ?? new()).CreateLogger("test"),
            _clock,
            _counters,
            continuesInline: false);

    private async Task EndAsync(Task<StreamChannel?> next)
    {
        _listener.Answer(static () => new AcceptResult(IoResult.Ended(ChannelStatus.Closed)));
        await _clock.RunUntilAsync(next);
        (await next).Should().BeNull();
    }

    private sealed class FakeListener : ListenerChannel
    {
        private Func<AcceptResult> _answer = static () => default;
        private int _accepts;

        public int Accepts => Volatile.Read(ref _accepts);

        public override SocketEngine Engine => SocketEngine.Portable;

        public override Socket Socket => throw new NotSupportedException();

        public override Action? Discarded { get; set; }

        public void Answer(Func<AcceptResult> answer) => Volatile.Write(ref _answer, answer);

        public override AcceptResult Accept(TimeSpan timeout) => throw new NotSupportedException();

        public override ValueTask<AcceptResult> AcceptAsync(TimeSpan timeout, bool continuesInline, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _accepts);
            return new(Volatile.Read(ref _answer)());
        }

        public override bool WaitReadable(TimeSpan timeout) => throw new NotSupportedException();

        public override IoTask WaitReadableAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public override SafeSocketHandle DuplicateHandle() => throw new NotSupportedException();

        public override void Dispose()
        {
            // Nothing is open.
        }
    }
}
