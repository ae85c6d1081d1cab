using SocketKit.Sockets.Connecting;

namespace SocketKit.Tests.Options;

public sealed class BackoffTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Without_jitter_each_delay_is_the_last_one_times_the_factor_until_the_longest()
    {
        var backoff = new Backoff(new RetryOptions { FirstDelay = s_second, MaxDelay = s_second * 7, Jitter = 0 });

        Take(backoff, 5).Should().Equal(s_second, s_second * 2, s_second * 4, s_second * 7, s_second * 7);
    }

    [Fact]
    public void A_reset_begins_again()
    {
        var backoff = new Backoff(new RetryOptions { FirstDelay = s_second, Jitter = 0 });
        Take(backoff, 3);

        backoff.Reset();

        Take(backoff, 2).Should().Equal(s_second, s_second * 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1e300)]
    public void Extreme_factors_stay_within_the_limits(double factor)
    {
        var backoff = new Backoff(new RetryOptions { FirstDelay = s_second, Factor = factor, Jitter = 0 });

        Take(backoff, 3)[^1].Should().Be(factor == 1 ? s_second : TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData(0.0, 0.8)]
    [InlineData(0.5, 1.0)]
    [InlineData(1.0, 1.2)]
    [InlineData(-3.0, 0.8)]
    [InlineData(9.0, 1.2)]
    public void Jitter_draws_from_a_range_around_the_delay_whatever_the_source_says(double drawn, double seconds)
    {
        var backoff = new Backoff(new RetryOptions { FirstDelay = s_second, Random = new Loaded(drawn) });

        backoff.Next().Should().BeCloseTo(TimeSpan.FromSeconds(seconds), TimeSpan.FromTicks(1));
    }

    [Theory]
    [InlineData(0.0, 8.0)]
    [InlineData(1.0, 10.0)]
    public void Jitter_never_leads_beyond_the_longest_delay_and_stays_random_there(double drawn, double seconds)
    {
        var options = new RetryOptions { FirstDelay = s_second, MaxDelay = s_second * 10, Random = new Loaded(drawn) };
        var backoff = new Backoff(options);

        Take(backoff, 9)[^1].Should().BeCloseTo(TimeSpan.FromSeconds(seconds), TimeSpan.FromTicks(1));
    }

    [Fact]
    public void One_seed_gives_the_same_delays_and_another_one_others()
    {
        TimeSpan[] Delays(int seed) => Take(new Backoff(new RetryOptions { Random = new Random(seed) }), 20);

        Delays(1).Should().Equal(Delays(1));
        Delays(1).Should().NotEqual(Delays(2));
    }

    [Fact]
    public void Connects_that_share_a_source_draw_one_after_the_other()
    {
        var source = new Solitary();
        var options = new RetryOptions { Random = source };

        Parallel.For(0, 1000, _ => new Backoff(options).Next());

        source.Met.Should().BeFalse();
    }

    private static TimeSpan[] Take(Backoff backoff, int count) => [.. Enumerable.Range(0, count).Select(_ => backoff.Next())];

    private sealed class Loaded(double number) : Random
    {
        public override double NextDouble() => number;
    }

    /// <summary>Notices two callers at the same time.</summary>
    private sealed class Solitary : Random
    {
        private int _inside;

        public bool Met { get; private set; }

        public override double NextDouble()
        {
            Met |= Interlocked.Increment(ref _inside) != 1;
            Interlocked.Decrement(ref _inside);
            return 0.5;
        }
    }
}
