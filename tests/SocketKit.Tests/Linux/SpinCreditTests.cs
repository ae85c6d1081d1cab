using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Tests.Linux;

/// <summary>With a clock of microseconds: a spin of 30, a window of 100 000, of which 5 000 may be lost.</summary>
public sealed class SpinCreditTests
{
    private const long Spin = 30;
    private const long Frequency = 1_000_000;
    private const long Window = 100_000;

    [Fact]
    public void The_first_spin_is_free_and_a_miss_ends_the_credit()
    {
        var credit = new SpinCredit(Spin, Frequency);
        credit.IsWorthwhile(lastEvents: 1).Should().BeTrue();

        credit.Miss(0, Spin);

        credit.IsWorthwhile(lastEvents: 1).Should().BeFalse();
    }

    [Fact]
    public void A_busy_loop_does_not_spin()
    {
        var credit = new SpinCredit(Spin, Frequency);

        credit.IsWorthwhile(lastEvents: 17).Should().BeFalse();
    }

    [Fact]
    public void Off_never_spins_and_measures_nothing()
    {
        var credit = SpinCredit.Of(BusyPoll.Off, Frequency);
        for (int i = 0; i < 5000; i++)
        {
            credit.ShouldProbe().Should().BeFalse();
            credit.IsWorthwhile(lastEvents: 1).Should().BeFalse();
            credit.Hit();
        }
    }

    [Fact]
    public void Fixed_spins_for_its_time_whatever_came_of_it()
    {
        var credit = SpinCredit.Of(BusyPoll.Fixed(TimeSpan.FromMicroseconds(50)), Frequency);
        credit.Spin.Should().Be(50);
        for (long now = 0; now < Window; now += credit.Spin)
        {
            credit.IsWorthwhile(lastEvents: 256).Should().BeTrue();
            credit.Miss(now, now + credit.Spin);
        }
    }

    [Fact]
    public void A_fixed_time_below_the_clock_is_one_tick_of_it()
    {
        SpinCredit.Of(BusyPoll.Fixed(TimeSpan.FromTicks(1)), Frequency).Spin.Should().Be(1);
    }

    [Fact]
    public void Auto_spins_for_as_long_as_a_wake_up_takes_and_has_to_earn_it()
    {
        var credit = SpinCredit.Of(BusyPoll.Auto, Frequency);
        credit.Spin.Should().Be(Spin);
        credit.IsWorthwhile(lastEvents: 1).Should().BeTrue();

        credit.Miss(0, Spin);

        credit.IsWorthwhile(lastEvents: 1).Should().BeFalse();
        credit.ShouldProbe().Should().BeTrue();
    }

    [Fact]
    public void Short_sleeps_earn_the_credit_back()
    {
        var credit = new SpinCredit(Spin, Frequency);
        credit.Miss(0, Spin);

        for (int i = 0; i < 2; i++)
        {
            while (!credit.ShouldProbe())
            {
                // A sleep that is not measured.
            }

            credit.Slept(0, 2 * Spin);
        }

        credit.IsWorthwhile(lastEvents: 1).Should().BeTrue();
    }

    [Fact]
    public void Long_sleeps_are_measured_ever_more_rarely()
    {
        var credit = new SpinCredit(Spin, Frequency);
        List<int> sleeps = [];
        for (int probe = 0; probe < 12; probe++)
        {
            int between = 0;
            while (!credit.ShouldProbe())
            {
                between++;
            }

            sleeps.Add(between);
            credit.Slept(0, 100 * Spin);
        }

        sleeps.Should().Equal(0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024);
    }

    [Fact]
    public void What_is_lost_stays_below_a_twentieth_of_the_time()
    {
        var credit = new SpinCredit(Spin, Frequency);
        long now = 0;
        long lost = 0;
        for (int i = 0; i < 10_000 && now < Window; i++)
        {
            // Success keeps the credit up, so that nothing but the loss can end the spinning.
            credit.Hit();
            credit.Hit();
            if (!credit.IsWorthwhile(lastEvents: 1))
            {
                break;
            }

            credit.Miss(now, now + Spin);
            now += Spin;
            lost += Spin;
        }

        lost.Should().BeInRange((Window / 20) - Spin, (Window / 20) + Spin);
        credit.Slept(now, Window + 1);
        credit.IsWorthwhile(lastEvents: 1).Should().BeTrue("the next window has its own twentieth");
    }
}
