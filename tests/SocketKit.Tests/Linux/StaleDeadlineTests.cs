using SocketKit.Engine;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>
/// The clock looks at an operation whose deadline has passed, and before it claims the direction, that operation ends otherwise and the
/// next one, which is another object, waits there.
/// </summary>
public sealed class StaleDeadlineTests
{
    private const int Count = 10_000;

    private readonly SimulatedLoop _loop = new();
    private readonly SimulatedStream _stream;
    private readonly SimulatedToken _token = new();

    public StaleDeadlineTests() => _stream = new SimulatedStream(_loop);

    [Fact]
    public void The_operation_before_was_canceled() =>
        Schedules.Schedules.Run(static _ => new StaleDeadlineTests().Make(), Count);

    /// <summary>The word is free as soon as the token has fired, so the second call is not refused.</summary>
    private void AfterCancel()
    {
        ValueTask<IoResult> first = _stream.ReceiveAsync(new byte[1], isExact: false, Deadline.After(TimeSpan.Zero), _token).AsOutcome();
        Schedule.Await(() => !_stream.Word.IsUnderWay(Direction.Receive));
        ValueTask<IoResult> second = _stream.ReceiveAsync(new byte[1], isExact: false, Deadline.Infinite, token: null).AsOutcome();
        Result(first);
        Result(second).IsSuccess.Should().BeTrue();
    }

    private static IoResult Result(ValueTask<IoResult> pending)
    {
        Schedule.Await(() => pending.IsCompleted);
        return pending.GetAwaiter().GetResult();
    }

    private World Make()
    {
        var world = new World();
        world.Actor("loop", _loop.Live);
        world.Actor("user", () =>
        {
            AfterCancel();
            _stream.Close();
            _loop.Stop();
        });
        world.Actor("canceler", _token.Fire);
        world.Actor("peer", () => _stream.Socket.Arrive(_stream, [1, 2]));
        world.AtEveryStep(_loop.CheckFaults);
        world.AtEnd(() => _stream.Socket.Closes.Should().Be(1));
        return world;
    }
}
