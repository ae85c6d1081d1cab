using SocketKit.Compare;

namespace SocketKit.Tests.Benchmarks;

public sealed class RunningTests
{
    private const int Port = 4711;
    private const int Process = 42;

    private static readonly Generator s_generator = new(["native-load"], "a generator");

    [Fact]
    public void Each_server_comes_first_once()
    {
        string[] servers = ["A", "B", "C"];

        Plan.Rotate(servers, 1).Should().Equal("A", "B", "C");
        Plan.Rotate(servers, 2).Should().Equal("B", "C", "A");
        Plan.Rotate(servers, 4).Should().Equal("A", "B", "C");
    }

    [Fact]
    public void A_warm_up_ends_when_four_rates_in_a_row_are_alike()
    {
        var warmUp = new WarmUp(longest: 10, clock: null);

        double[] rates = [100, 200, 300, 304, 301, 303, 500];
        bool[] ends = [.. rates.Select((rate, index) => warmUp.Add((index + 1) * 0.25, rate))];

        ends.Should().Equal(false, false, false, false, false, true, false);
        warmUp.IsSteady.Should().BeTrue();
        warmUp.Seconds.Should().Be(1.5);
        warmUp.Watched.Should().Equal(100, 200, 300, 304, 301, 303);
    }

    [Fact]
    public void A_warm_up_that_never_becomes_steady_ends_after_its_longest_time()
    {
        var warmUp = new WarmUp(longest: 1, clock: null);

        bool[] ends = [.. ((double[])[100, 200, 300, 400]).Select((rate, index) => warmUp.Add((index + 1) * 0.25, rate))];

        ends.Should().Equal(false, false, false, true);
        warmUp.IsSteady.Should().BeFalse();
    }

    [Fact]
    public void At_a_fixed_rate_the_processor_time_per_message_has_to_be_steady()
    {
        var times = new Queue<double?>([0, 1, 1.5, 2, 2.5, 3]);
        var warmUp = new WarmUp(longest: 10, () => times.Dequeue());

        bool[] ends = [.. Enumerable.Range(1, 5).Select(second => warmUp.Add(second, 10_000))];

        ends.Should().Equal(false, false, false, false, true);
        warmUp.Watched.Should().Equal(100, 50, 50, 50, 50);
    }

    [Theory]
    [InlineData("64/32/16", null, "echo --tcp 4711 --connections 64 --size 32 --depth 16 WATCHED")]
    [InlineData("64/32/1@half", 20_000.0, "echo --tcp 4711 --connections 64 --size 32 --rate 20000 WATCHED")]
    [InlineData("udp:1/64/32", null, "echo --udp 4711 --connections 1 --size 64 --depth 32 WATCHED")]
    [InlineData("idle:5000", null, "idle --tcp 4711 --connections 5000 --warmup 3 --seconds 4")]
    [InlineData("start:1/32/1", null, "echo --tcp 4711 --connections 1 --size 32 --depth 1 --warmup 10.5 --seconds 1 --every 1")]
    public void The_generator_gets_the_cell_as_its_arguments(string cell, double? rate, string arguments)
    {
        IReadOnlyList<string> command = s_generator.CommandFor(CellParser.Parse(cell), Port, Process, new Timing(1, 0.5, 10), rate);

        string expected = arguments.Replace("WATCHED", "--warmup 15 --seconds 1 --every 0.5 --go", StringComparison.Ordinal);
        command.Should().Equal(["native-load", .. expected.Split(' '), "--server-pid", "42"]);
    }

    [Theory]
    [InlineData("udp-receive:1200", "--size 1200 --segments 32")]
    [InlineData("udp-receive:9000", "--size 9000 --segments 7")]
    public void The_generator_sends_to_a_receiver_in_runs_by_the_clock(string cell, string run)
    {
        Cell receive = CellParser.Parse(cell);

        IReadOnlyList<string> command = s_generator.CommandFor(receive, Port, Process, new Timing(1, 0.5, 10), receive.Rate);

        command.Should().Equal(
        [
            "native-load", "send", "--udp", "4711", .. run.Split(' '), "--rate", "100000",
            .. "--warmup 15 --seconds 1 --every 0.5 --go --server-pid 42".Split(' '),
        ]);
    }

    [Fact]
    public void What_arrived_is_told_beside_what_was_sent()
    {
        Run sent = RunThatSent(1000);

        Run both = Receipt.AddTo(sent, Receiver(received: 250, bytes: 25_000), size: 100);

        both.Problem.Should().BeNull();
        both.Figures.Should().Contain(Keys.ReceivedShare, 0.25).And.Contain(Keys.Sent, 1000);
    }

    [Theory]
    [InlineData(0, 0, "nothing was received")]
    [InlineData(250, 24_999, "24,999")]
    [InlineData(1001, 100_100, "1,001")]
    public void A_receiver_that_took_something_else_than_was_sent_fails_the_run(double received, double bytes, string why)
    {
        Receipt.AddTo(RunThatSent(1000), Receiver(received, bytes), size: 100).Problem.Should().Contain(why);
    }

    [Fact]
    public void Figures_are_the_pairs_with_numbers()
    {
        Dictionary<string, double> figures = ResultLine.Figures("echo connections=64 transport=tcp p50_us=12.5 max_us=nan errors=0");

        figures.Should().Equal(new Dictionary<string, double> { ["connections"] = 64, ["p50_us"] = 12.5, ["errors"] = 0 });
    }

    [Fact]
    public void A_value_in_quotation_marks_may_have_spaces()
    {
        ResultLine.Pairs("server=raw engine=\"System.Net.Sockets, epoll\" buffer=16384").Should().Equal(
            ("server", "raw"), ("engine", "System.Net.Sockets, epoll"), ("buffer", "16384"));
    }

    [Fact]
    public void A_rate_is_told_from_other_lines()
    {
        ResultLine.IsRate("rate at=1.25 per_s=46000", out double at, out double perSecond).Should().BeTrue();
        (at, perSecond).Should().Be((1.25, 46000));
        ResultLine.IsRate("open", out _, out _).Should().BeFalse();
        ResultLine.IsRate("echo connections=64 rate=100", out _, out _).Should().BeFalse();
    }

    [Fact]
    public void Time_left_is_learnt_from_the_runs_of_the_same_kind()
    {
        var estimate = new Estimate(new Timing(1, 0.5, 10));
        Cell cell = CellParser.Parse("64/32/1");
        estimate.Of(cell).Should().BePositive("it is guessed before the first run");

        estimate.Learn(cell, TimeSpan.FromSeconds(2));
        estimate.Learn(CellParser.Parse("1/32/1"), TimeSpan.FromSeconds(4));

        estimate.Of(cell).Should().Be(TimeSpan.FromSeconds(3));
    }

    private static Run RunThatSent(double datagrams) => new()
    {
        Server = "raw",
        ServerNumber = 0,
        Figures = new Dictionary<string, double> { [Keys.Sent] = datagrams },
    };

    private static Dictionary<string, double> Receiver(double received, double bytes) =>
        new() { [Keys.Received] = received, [Keys.Bytes] = bytes };
}
