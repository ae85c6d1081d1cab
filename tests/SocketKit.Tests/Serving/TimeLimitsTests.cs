using SocketKit.Sockets.Limits;
using Infinite = System.Threading.Timeout;

namespace SocketKit.Tests.Serving;

/// <summary>How often the sweep looks, and after how many looks a limit has passed.</summary>
public sealed class TimeLimitsTests
{
    [Theory]
    [InlineData(30_000, -1, 30_000, 1000)]
    [InlineData(30_000, 120_000, 30_000, 1000)]
    [InlineData(4000, -1, -1, 1000)]
    [InlineData(4500, -1, -1, 900)]
    [InlineData(-1, 2000, -1, 500)]
    [InlineData(30_000, 1000, 100, 25)]
    [InlineData(1, -1, -1, 1)]
    public void The_interval_is_a_quarter_of_the_shortest_limit_and_at_most_a_second(
        int firstByte, int idle, int stall, int interval)
    {
        TimeLimits limits = Of(firstByte, idle, stall);

        limits.IsAny.Should().BeTrue();
        limits.Interval.Should().Be(TimeSpan.FromMilliseconds(interval));
    }

    [Theory]
    [InlineData(30_000, 120_000, 30_000)]
    [InlineData(4500, 10_100, 7001)]
    [InlineData(700, 30_000, 1)]
    [InlineData(10_100, 11_300, 12_700)]
    [InlineData(int.MaxValue, int.MaxValue, 4000)]
    public void No_limit_passes_early_and_none_an_interval_late(int firstByte, int idle, int stall)
    {
        TimeLimits limits = Of(firstByte, idle, stall);

        Check(limits.FirstByte, Math.Min(firstByte, idle));
        Check(limits.Idle, idle);
        Check(limits.Stall, stall);

        void Check(int looks, int limit)
        {
            TimeSpan time = looks * limits.Interval;
            time.Should().BeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(limit))
                .And.BeLessThan(TimeSpan.FromMilliseconds(limit) + limits.Interval);
        }
    }

    [Fact]
    public void An_infinite_limit_never_passes_and_three_need_no_sweep()
    {
        TimeLimits none = Of(-1, -1, -1);
        TimeLimits idle = Of(-1, 8000, -1);

        none.IsAny.Should().BeFalse();
        (none.FirstByte, none.Idle, none.Stall).Should().Be((TimeLimits.Never, TimeLimits.Never, TimeLimits.Never));
        idle.IsAny.Should().BeTrue();
        (idle.FirstByte, idle.Idle, idle.Stall).Should().Be((8, 8, TimeLimits.Never), "a connection without a first byte is idle, too");
    }

    private static TimeLimits Of(int firstByte, int idle, int stall) => new(TimeOf(firstByte), TimeOf(idle), TimeOf(stall));

    private static TimeSpan TimeOf(int milliseconds) =>
        milliseconds < 0 ? Infinite.InfiniteTimeSpan : TimeSpan.FromMilliseconds(milliseconds);
}
