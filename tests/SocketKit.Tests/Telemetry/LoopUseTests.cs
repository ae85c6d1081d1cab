using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Tests.Telemetry;

/// <summary>How busy a loop is, by a clock that the test moves.</summary>
public sealed class LoopUseTests
{
    private LoopUse _use;
    private long _now = 1000;
    private bool _isTimed = true;

    [Fact]
    public void The_first_look_has_nothing_to_compare_with()
    {
        Work(100);

        _use.Look(_now).Should().BeNull();
    }

    [Theory]
    [InlineData(0, 100, 0)]
    [InlineData(25, 75, 0.25)]
    [InlineData(100, 0, 1)]
    public void It_is_the_part_of_the_time_between_two_looks(int works, int waits, double part)
    {
        Work(10);
        _use.Look(_now);

        Work(works);
        Wait(waits);

        _use.Look(_now).Should().Be(part);
    }

    [Fact]
    public void Many_runs_add_up_and_each_look_begins_anew()
    {
        Work(1);
        _use.Look(_now);
        for (int i = 0; i < 10; i++)
        {
            Work(3);
            Wait(1);
        }

        _use.Look(_now).Should().Be(0.75);
        Wait(40);
        _use.Look(_now).Should().Be(0);
    }

    [Fact]
    public void A_loop_that_still_works_counts_until_now()
    {
        Wait(1);
        _use.Look(_now);
        Wait(50);
        Begin();
        _now += 50;

        _use.Look(_now).Should().Be(0.5);
    }

    /// <summary>A loop that slept when the listener came has not been timed yet, and has done nothing.</summary>
    [Fact]
    public void A_loop_that_sleeps_all_the_time_has_not_worked()
    {
        _isTimed = false;
        Work(100);
        _use.Look(_now);
        _isTimed = true;
        _now += 100;

        _use.Look(_now).Should().Be(0);
    }

    [Fact]
    public void After_a_time_in_which_nobody_wanted_to_know_the_first_look_tells_nothing()
    {
        Work(10);
        _use.Look(_now);
        Work(10);
        _isTimed = false;
        Work(10);
        _isTimed = true;
        Work(10);

        _use.Look(_now).Should().BeNull();
        Work(30);
        Wait(10);
        _use.Look(_now).Should().Be(0.75);
    }

    [Fact]
    public void Two_looks_at_the_same_moment_tell_nothing()
    {
        _use.Look(_now);

        _use.Look(_now).Should().BeNull();
    }

    private void Begin() => _use.EndWait(_isTimed, Clock);

    private void Work(long time)
    {
        Begin();
        _now += time;
        _use.BeginWait(_isTimed, Clock);
    }

    private void Wait(long time) => _now += time;

    private long Clock() => _now;
}
