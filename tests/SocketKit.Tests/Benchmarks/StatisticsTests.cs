using SocketKit.Compare;

namespace SocketKit.Tests.Benchmarks;

public sealed class StatisticsTests
{
    private static readonly Cell s_cell = CellParser.Parse("64/32/1");

    [Theory]
    [InlineData(new double[] { 3, 1, 2 }, 2)]
    [InlineData(new double[] { 4, 1, 3, 2 }, 2.5)]
    [InlineData(new double[] { 7 }, 7)]
    public void The_median_is_the_middle_figure_or_the_mean_of_both(double[] figures, double median)
    {
        Spread.Of(figures).Should().Be(new Spread(median, figures.Min(), figures.Max(), figures.Length));
    }

    [Fact]
    public void No_figures_have_no_spread()
    {
        Spread.Of([]).Should().BeNull();
    }

    [Fact]
    public void Rates_are_steady_once_the_last_of_them_are_close_together()
    {
        var steadiness = new Steadiness(4, 0.05);
        var states = new List<bool>();
        foreach (double rate in (double[])[50, 100, 104, 101, 103, 110, 109])
        {
            steadiness.Add(rate);
            states.Add(steadiness.IsReached);
        }

        states.Should().Equal(false, false, false, false, true, false, false);
    }

    [Fact]
    public void Nothing_at_all_is_not_steady()
    {
        var steadiness = new Steadiness(2, 0.05);
        steadiness.Add(0);
        steadiness.Add(0);

        steadiness.IsReached.Should().BeFalse();
    }

    [Fact]
    public void The_ratio_of_the_medians_and_the_median_of_the_ratios_can_differ()
    {
        Round[] rounds =
        [
            SampleResults.RoundOf(s_cell, 1, 100, 200),
            SampleResults.RoundOf(s_cell, 2, 50, 110),
            SampleResults.RoundOf(s_cell, 3, 60, 180),
        ];

        ServerSummary fast = Summarizer.Summarize(rounds).Should().ContainSingle().Which.Servers[1];

        fast.Server.Should().Be(SampleResults.Fast);
        fast.Figure(s_cell.MainKey).Should().Be(new Spread(180, 110, 200, 3));
        fast.RatioOf(s_cell.MainKey)!.OfMedians.Should().Be(3);
        fast.RatioOf(s_cell.MainKey)!.OfRounds.Should().Be(new Spread(2.2, 2, 3, 3));
    }

    [Fact]
    public void Only_rounds_that_count_and_runs_that_did_not_fail_are_in_the_figures()
    {
        Round disturbed = SampleResults.RoundOf(s_cell, 1, 1, 1) with { Counts = false };
        Round good = SampleResults.RoundOf(s_cell, 1, 100, 200) with { Attempt = 2 };
        Round failed = SampleResults.RoundOf(s_cell, 2, 100, 999);
        failed = failed with { Runs = [failed.Runs[0], failed.Runs[1] with { Problem = "an echo is not what was sent" }] };

        CellSummary summary = Summarizer.Summarize([disturbed, good, failed]).Single();

        summary.Baseline.Runs.Should().Be(2);
        summary.Servers[1].Should().Match<ServerSummary>(static server => server.Runs == 1 && server.Failed == 1);
        summary.Servers[1].Figure(s_cell.MainKey)!.Median.Should().Be(200);
        summary.Servers[1].RatioOf(s_cell.MainKey)!.OfRounds.Count.Should().Be(1, "the other round has one side only");
    }

    [Fact]
    public void The_first_server_stays_the_first_one_whatever_the_order_of_a_round()
    {
        Round round = SampleResults.RoundOf(s_cell, 1, 100, 200);

        Summarizer.Summarize([round with { Runs = [.. round.Runs.Reverse()] }]).Single().Baseline.Server.Should().Be(SampleResults.Slow);
    }

    [Fact]
    public void Rates_of_the_first_seconds_are_medians_second_by_second()
    {
        Cell start = CellParser.Parse("start:1/32/1");
        Round[] rounds = [.. ((double[])[100, 300, 200]).Select((rate, index) => SampleResults.RoundOf(start, index + 1, rate, rate))];

        Summarizer.Summarize(rounds).Single().Baseline.Rates.Should().Equal(20, 40, 60, 80, 100, 120, 140, 160, 180, 200);
    }
}
