using System.Runtime.Versioning;
using Infinite = System.Threading.Timeout;

namespace SocketKit.Tests.Options;

public sealed class EpollEngineOptionsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(65)]
    [SupportedOSPlatform("linux")]
    public void A_bad_number_of_loops_is_refused_before_it_matters_where_this_runs(int loops)
    {
        Action create = () => SocketEngine.CreateEpoll(new EpollEngineOptions { Loops = loops });

        create.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("Loops");
    }

    [Fact]
    public void Defaults_are_those_that_the_documentation_promises()
    {
        var options = new EpollEngineOptions();

        options.Loops.Should().BeNull();
        options.LoopsOrDefault.Should().BeInRange(1, Math.Max(1, Environment.ProcessorCount / 2));
        options.BusyPoll.Should().Be(BusyPoll.Auto).And.Be(default(BusyPoll));
    }

    [Fact]
    public void A_busy_poll_of_no_time_or_of_more_than_a_millisecond_is_refused()
    {
        TimeSpan[] bad =
        [
            TimeSpan.Zero, TimeSpan.FromTicks(-1), Infinite.InfiniteTimeSpan, TimeSpan.FromTicks(TimeSpan.TicksPerMillisecond + 1),
            TimeSpan.MaxValue,
        ];
        foreach (TimeSpan time in bad)
        {
            Action make = () => BusyPoll.Fixed(time);

            make.Should().Throw<ArgumentOutOfRangeException>("{0} is no time to poll", time).WithParameterName("time");
        }
    }

    [Fact]
    public void A_busy_poll_says_what_it_is()
    {
        BusyPoll.Auto.ToString().Should().Be("auto");
        BusyPoll.Off.ToString().Should().Be("off");
        BusyPoll.Fixed(TimeSpan.FromMilliseconds(1)).ToString().Should().Be("1000 µs");
        BusyPoll.Fixed(TimeSpan.FromTicks(1)).ToString().Should().Be("0.1 µs");
    }
}
