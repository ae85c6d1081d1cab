using SocketKit.Compare;

namespace SocketKit.Tests.Benchmarks;

public sealed class MachineTests
{
    private static readonly Run s_run = SampleResults.RunOf(CellParser.Parse("64/32/1"), 0, 100);

    [Fact]
    public void Busy_and_stolen_time_are_read_from_the_first_line_of_proc_stat()
    {
        CpuTimes.Parse("cpu  1000 200 300 40000 50 60 70 80 0 0").Should().Be(new CpuTimes(Busy: 15, Stolen: 0.8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cpu 1 2 3")]
    [InlineData("intr 1 2 3 4 5 6 7 8 9")]
    public void Another_line_is_no_reading(string line)
    {
        CpuTimes.Parse(line).Should().BeNull();
    }

    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-3,8", new[] { 0, 1, 2, 3, 8 })]
    public void A_list_of_processors_may_have_ranges(string text, int[] processors)
    {
        Processors.ParseList(text).Should().Equal(processors);
    }

    [Fact]
    public void Other_load_is_what_neither_the_server_nor_the_generator_used()
    {
        var use = new MachineUse(Busy: 2, Stolen: 0);

        use.OtherThan(new Dictionary<string, double> { [Keys.ServerCpu] = 0.75, [Keys.LoadCpu] = 1 }).Should().Be(0.25);
        use.OtherThan(new Dictionary<string, double> { [Keys.ServerCpu] = 1.5, [Keys.LoadCpu] = 1 })
            .Should().Be(0, "the two clocks differ a little");
        use.OtherThan(new Dictionary<string, double>()).Should().BeNull();
    }

    [Fact]
    public void A_quiet_round_is_not_disturbed()
    {
        Disturbance.Of([s_run, s_run with { StolenCpu = 0.01, OtherCpu = 0.1 }]).Should().BeNull();
    }

    [Fact]
    public void A_disturbance_says_what_it_was()
    {
        Disturbance.Of([s_run, s_run with { StolenCpu = 0.2, OtherCpu = 0.5 }]).Should()
            .Be("0.20 processors were stolen by other guests of the host and other programs used 0.50 processors");
    }

    [Fact]
    public void The_speed_of_the_machine_is_a_positive_number()
    {
        MachineSpeed.Measure().Should().BePositive();
    }
}
