using SocketKit.IntegrationTests.Kit;
using SocketKit.Sockets.Limits;

namespace SocketKit.Tests.Serving;

/// <summary>The one timer behind all time limits, by a clock that the test moves.</summary>
public sealed class SweepTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly ManualClock _clock = new();

    private Sweep Sweep => Sweep.By(_clock);

    [Fact]
    public void It_looks_once_per_interval()
    {
        var swept = new Swept(s_second);
        Sweep.Add(swept);

        for (int i = 1; i <= 100; i++)
        {
            _clock.Advance(s_second);

            swept.Looks.Should().Be(i);
        }
    }

    [Fact]
    public void Each_has_its_own_interval()
    {
        var slow = new Swept(s_second);
        var quick = new Swept(s_second / 10);
        Sweep.Add(slow);
        Sweep.Add(quick);

        for (int i = 0; i < 100; i++)
        {
            _clock.Advance(s_second / 10);
        }

        (slow.Looks, quick.Looks).Should().Be((10, 100));
    }

    /// <summary>A process that was stopped for an hour must not find every connection an hour old at once.</summary>
    [Fact]
    public void A_late_tick_counts_as_one()
    {
        var swept = new Swept(s_second);
        Sweep.Add(swept);
        _clock.Advance(s_second);

        _clock.Advance(TimeSpan.FromHours(1));
        swept.Looks.Should().Be(2);
        _clock.Advance(s_second);

        swept.Looks.Should().Be(3);
    }

    [Fact]
    public void A_tick_that_is_a_little_late_does_not_move_the_next_ones()
    {
        var swept = new Swept(s_second);
        Sweep.Add(swept);

        for (int i = 1; i <= 10; i++)
        {
            _clock.Advance(s_second * 1.4);
            _clock.Advance(s_second * 0.6);
        }

        swept.Looks.Should().Be(20);
    }

    [Fact]
    public async Task It_stops_when_nothing_is_left_and_starts_again()
    {
        var swept = new Swept(s_second);
        Sweep.Add(swept);
        swept.IsOver = true;
        _clock.Advance(s_second);
        swept.Looks.Should().Be(1);

        for (int i = 0; i < 10; i++)
        {
            _clock.Advance(s_second);
        }

        swept.Looks.Should().Be(1);
        _clock.IsWaitedFor.Should().BeFalse("the timer does not run");
        swept.IsOver = false;
        Sweep.Add(swept);
        await _clock.WaitedForAsync();
        _clock.Advance(s_second);
        swept.Looks.Should().Be(2);
    }

    /// <summary>
    /// The first connection of a server sets the timer while another server is looked at, and what that look was due for is not over yet.
    /// </summary>
    [Fact]
    public void What_is_added_during_a_look_begins_no_second_look_beside_it()
    {
        var swept = new Swept(s_second);
        var other = new Swept(s_second);
        swept.Looking = look =>
        {
            if (look == 1)
            {
                Sweep.Add(other);
                _clock.Advance(TimeSpan.Zero);
            }

            return true;
        };
        Sweep.Add(swept);

        _clock.Advance(s_second);

        (swept.Looks, swept.Deepest, other.Looks).Should().Be((1, 1, 0));
        for (int i = 1; i <= 10; i++)
        {
            _clock.Advance(s_second);

            (swept.Looks, other.Looks).Should().Be((1 + i, i));
        }
    }

    [Fact]
    public void What_ends_and_is_added_again_during_its_look_is_looked_at_once_per_interval()
    {
        var swept = new Swept(s_second);
        swept.Looking = look =>
        {
            if (look == 1)
            {
                Sweep.Add(swept);
            }

            return look != 1;
        };
        var behind = new Swept(s_second)
        {
            Looking = look =>
            {
                if (look == 1)
                {
                    _clock.Advance(TimeSpan.Zero);
                }

                return true;
            },
        };
        Sweep.Add(swept);
        Sweep.Add(behind);

        for (int i = 1; i <= 10; i++)
        {
            _clock.Advance(s_second);

            (swept.Looks, behind.Looks).Should().Be((i, i));
        }
    }

    [Fact]
    public void A_look_that_throws_is_made_again_and_keeps_nothing_else_from_being_looked_at()
    {
        var swept = new Swept(s_second)
        {
            Looking = static look => look == 1 ? throw new InvalidOperationException("thrown by a look") : true,
        };
        var behind = new Swept(s_second);
        Sweep.Add(swept);
        Sweep.Add(behind);

        for (int i = 1; i <= 10; i++)
        {
            _clock.Advance(s_second);

            (swept.Looks, behind.Looks).Should().Be((i, i));
        }
    }

    [Fact]
    public void There_is_one_per_clock()
    {
        Sweep.By(_clock).Should().BeSameAs(Sweep.By(_clock));
        Sweep.By(_clock).Should().NotBeSameAs(Sweep.By(new ManualClock()));
        Sweep.By(TimeProvider.System).Should().BeSameAs(Sweep.By(TimeProvider.System));
    }

    private sealed class Swept(TimeSpan interval) : ISwept
    {
        private int _depth;

        public TimeSpan Interval => interval;

        public int Looks { get; private set; }

        /// <summary>The most looks that were under way at the same time.</summary>
        public int Deepest { get; private set; }

        public bool IsOver { get; set; }

        /// <summary>Called with the number of the look; returns its result.</summary>
        public Func<int, bool>? Looking { get; set; }

        public bool Look()
        {
            Looks++;
            Deepest = Math.Max(Deepest, ++_depth);
            bool goesOn = Looking?.Invoke(Looks) ?? !IsOver;
            _depth--;
            return goesOn;
        }
    }
}
