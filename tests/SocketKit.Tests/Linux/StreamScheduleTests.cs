using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>
/// The connection word and its operations against everybody who may interfere. In each world every operation completes once, no byte is
/// lost, reordered or delivered twice, nobody waits for ever, and the descriptor is closed once, by the last one out.
/// </summary>
public sealed class StreamScheduleTests
{
    private const int Count = 1_000;

    [Fact]
    public void Receives_with_edges_at_any_time() => Play(static () => new());

    [Fact]
    public void Receives_that_block_in_the_kernel_between_others() => Play(static () => new() { Blocks = true, Closes = true });

    [Fact]
    public void Receives_from_a_peer_that_stays() => Play(static () => new() { IsEndless = true, Blocks = true, Cancels = true });

    [Fact]
    public void Receives_on_the_loop_from_a_peer_that_stays() =>
        Play(static () => new() { IsEndless = true, OnLoop = true, HasDeadlines = true, Sends = true, Threads = 2 });

    [Fact]
    public void Receives_that_start_in_the_continuation_of_the_one_before() => Play(static () => new() { OnLoop = true });

    [Fact]
    public void Cancellation() => Play(static () => new() { Cancels = true });

    [Fact]
    public void Deadlines() => Play(static () => new() { HasDeadlines = true });

    [Fact]
    public void Deadlines_and_cancellation_alone() => Play(static () => new() { IsSilent = true, HasDeadlines = true, Cancels = true });

    [Fact]
    public void The_end_of_the_service() => Play(static () => new() { Stops = true, Sends = true, Cancels = true, HasDeadlines = true });

    [Fact]
    public void The_end_of_the_service_alone() => Play(static () => new() { Stops = true, IsSilent = true });

    [Fact]
    public void Close() => Play(static () => new() { Closes = true, Inspects = true });

    [Fact]
    public void Sends_that_meet_a_full_buffer() =>
        Play(static () => new() { Receives = false, Sends = true, Cancels = true, HasDeadlines = true });

    [Fact]
    public void Both_directions() => Play(static () => new() { Sends = true });

    [Fact]
    public void Threads_that_follow_the_loop() =>
        Play(static () => new() { OnLoop = true, Works = true, Threads = 3, Sends = true, Cancels = true, HasDeadlines = true });

    [Fact]
    public void Threads_that_follow_the_loop_and_a_close() => Play(static () => new()
    {
        OnLoop = true,
        Works = true,
        Threads = 3,
        Sends = true,
        Cancels = true,
        HasDeadlines = true,
        Closes = true,
        HandsOff = true,
        Inspects = true,
    });

    [Fact]
    public void Everything_at_once() =>
        Play(static () => new() { Sends = true, Cancels = true, HasDeadlines = true, Closes = true, Inspects = true });

    [Fact]
    public void Everything_at_once_while_the_loop_changes_threads() => Play(static () => new()
    {
        Sends = true,
        Cancels = true,
        HasDeadlines = true,
        Stops = true,
        Closes = true,
        OnLoop = true,
        Threads = 3,
        HandsOff = true,
    });

    [Fact]
    public void Results_that_are_taken_late() =>
        Play(static () => new() { TakesLate = true, Cancels = true, HasDeadlines = true, Closes = true });

    [Fact]
    public void An_operation_that_begins_before_the_one_before_has_told_its_user() =>
        Play(static () => new() { TakesLate = true, Hurries = true, Cancels = true, HasDeadlines = true });

    private static void Play(Func<StreamScenario> make) => Schedules.Schedules.Run(_ => make().Make(), Count);
}
