using SocketKit.Engine.Streams;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Engine;

public sealed class CloseSignalTests
{
    [Fact]
    public void The_first_reason_stays()
    {
        var signal = new CloseSignal();
        signal.Reason.Should().Be(CloseReason.None);

        signal.Close(CloseReason.LocalAbort);
        signal.Close(CloseReason.TimedOut);

        signal.Reason.Should().Be(CloseReason.LocalAbort);
        signal.HasFired.Should().BeTrue();
    }

    [Theory]
    [InlineData(CloseReason.PeerReset)]
    [InlineData(CloseReason.IdleTimeout)]
    [InlineData(CloseReason.SlowPeer)]
    [InlineData(CloseReason.ServerStopped)]
    public void A_finish_is_replaced_by_what_ends_the_other_half_against_the_users_will_and_by_nothing_else(CloseReason end)
    {
        var signal = new CloseSignal();

        signal.Close(CloseReason.PeerFinished);
        signal.Close(CloseReason.LocalDispose);
        signal.Close(CloseReason.LocalAbort);
        signal.Reason.Should().Be(CloseReason.PeerFinished);

        signal.Close(end);
        signal.Close(CloseReason.PeerReset);
        signal.Reason.Should().Be(end);
    }

    [Fact]
    public void Nothing_is_made_for_an_owner_who_never_asks()
    {
        var signal = new CloseSignal();

        signal.Close(CloseReason.LocalDispose);

        signal.IsWatched.Should().BeFalse();
    }

    [Fact]
    public async Task The_token_fires_when_the_reason_is_there()
    {
        var signal = new CloseSignal();
        var seen = new TaskCompletionSource<CloseReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        signal.Token.Register(() => seen.TrySetResult(signal.Reason));
        signal.IsWatched.Should().BeTrue();

        signal.Close(CloseReason.PeerReset);

        (await seen.Task.Within()).Should().Be(CloseReason.PeerReset);
    }

    [Fact]
    public async Task A_token_that_is_asked_for_too_late_has_fired()
    {
        var signal = new CloseSignal();
        signal.Close(CloseReason.LocalDispose);

        await Fired(signal.Token).Within();

        signal.Token.IsCancellationRequested.Should().BeTrue();
    }

    [Fact]
    public async Task Asking_and_closing_at_once_never_loses_the_signal()
    {
        for (int i = 0; i < 1000; i++)
        {
            var signal = new CloseSignal();
            using var start = new Barrier(2);
            Task<CancellationToken> asks = Limits.OnThread(() =>
            {
                start.SignalAndWait();
                return signal.Token;
            });
            start.SignalAndWait();
            signal.Close(CloseReason.PeerFinished);

            await Fired(await asks.Within()).Within();
        }
    }

    private static Task Fired(CancellationToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(() => fired.TrySetResult());
        return fired.Task;
    }
}
