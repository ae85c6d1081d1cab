using System.Diagnostics;
using SocketKit.Engine;
using Infinite = System.Threading.Timeout;

namespace SocketKit.Tests.Engine;

public sealed class DeadlineTests
{
    [Fact]
    public void An_infinite_deadline_never_passes()
    {
        var deadline = Deadline.After(Infinite.InfiniteTimeSpan);

        deadline.IsInfinite.Should().BeTrue();
        deadline.HasPassed.Should().BeFalse();
        deadline.Remaining().Should().Be(Infinite.InfiniteTimeSpan);
        deadline.NextWaitMilliseconds().Should().Be(Infinite.Infinite);
        Deadline.Infinite.IsInfinite.Should().BeTrue();
    }

    [Fact]
    public void A_deadline_of_zero_has_passed_at_once()
    {
        var deadline = Deadline.After(TimeSpan.Zero);

        deadline.HasPassed.Should().BeTrue();
        deadline.Remaining().Should().Be(TimeSpan.Zero, "never negative");
        deadline.NextWaitMilliseconds().Should().Be(0);
    }

    [Fact]
    public void What_remains_never_exceeds_the_timeout_and_only_shrinks()
    {
        var deadline = Deadline.After(TimeSpan.FromHours(1));

        TimeSpan first = deadline.Remaining();
        TimeSpan second = deadline.Remaining();

        first.Should().BePositive().And.BeLessThanOrEqualTo(TimeSpan.FromHours(1));
        second.Should().BeLessThanOrEqualTo(first);
        deadline.HasPassed.Should().BeFalse();
    }

    [Fact]
    public void A_wait_is_rounded_up_so_that_it_never_ends_early()
    {
        long start = Stopwatch.GetTimestamp();
        var deadline = Deadline.After(TimeSpan.FromMilliseconds(20));
        int waits = 0;
        while (!deadline.HasPassed)
        {
            int wait = deadline.NextWaitMilliseconds();
            if (!deadline.HasPassed)
            {
                wait.Should().BeInRange(1, 20, "0 before the end would spin");
            }

            waits++;
        }

        Stopwatch.GetElapsedTime(start).Should().BeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(20));
        waits.Should().BePositive();
    }

    [Fact]
    public void A_long_wait_is_cut_into_pieces_that_poll_can_take()
    {
        Deadline.After(TimeSpan.FromDays(30)).NextWaitMilliseconds().Should().Be(2_000_000);
    }

    [Fact]
    public void A_deadline_beyond_the_clock_is_infinite()
    {
        Deadline.After(TimeSpan.MaxValue).IsInfinite.Should().BeTrue();
    }
}
