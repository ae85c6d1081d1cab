using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Tests.Linux;

/// <summary>What a look decides: whose loop another thread gets, and when there is nothing left to look at.</summary>
public sealed class MonitorTests
{
    private const int IdleLooks = 3;

    [Fact]
    public void User_code_that_is_there_in_two_looks_loses_the_loop()
    {
        var loop = new HeldLoop();
        var monitor = new TickedMonitor(loop);

        loop.Enter(() => monitor.Look(times: 2));

        loop.Requests.Should().Be(1);
    }

    [Fact]
    public void User_code_that_a_look_has_not_seen_before_keeps_the_loop()
    {
        var loop = new HeldLoop();
        var monitor = new TickedMonitor(loop);

        loop.Enter(() => monitor.Look(times: 1));
        loop.Enter(() => monitor.Look(times: 1));

        loop.Requests.Should().Be(0);
    }

    [Fact]
    public void A_look_that_comes_late_takes_no_loop_and_the_next_one_does()
    {
        var loop = new HeldLoop();
        var monitor = new TickedMonitor(loop);

        int late = 0;
        loop.Enter(() =>
        {
            monitor.Look(times: 1);
            monitor.Look(times: 1, isOnTime: false);
            late = loop.Requests;
            monitor.Look(times: 1);
        });

        late.Should().Be(0);
        loop.Requests.Should().Be(1);
    }

    [Fact]
    public void User_code_that_the_machine_holds_up_keeps_the_loop()
    {
        var loop = new HeldLoop();
        var monitor = new TickedMonitor(loop) { FindsHeldUp = false };

        loop.Enter(() => monitor.Look(times: 10));

        loop.Requests.Should().Be(0);
    }

    [Fact]
    public void It_parks_after_the_last_of_some_looks_without_movement()
    {
        var loop = new HeldLoop();
        var monitor = new TickedMonitor(loop);

        monitor.Look(IdleLooks - 1);
        loop.Enter(static () => { });
        monitor.Look(IdleLooks);
        monitor.Waits.Should().Be(0);

        monitor.Look(times: 1);
        monitor.Waits.Should().Be(1);
    }

    [Fact]
    public void It_does_not_park_while_user_code_stays()
    {
        var loop = new HeldLoop();
        var monitor = new TickedMonitor(loop);

        loop.Enter(() => monitor.Look(10 * IdleLooks));

        monitor.Waits.Should().Be(0);
    }

    [Fact]
    public void It_is_woken_once_each_time_it_parks()
    {
        var monitor = new TickedMonitor(new HeldLoop());
        monitor.Notice();
        monitor.Wakes.Should().Be(0);

        monitor.Look(IdleLooks);
        monitor.Notice();
        monitor.Notice();

        monitor.Wakes.Should().Be(1);
    }

    [Fact]
    public void It_pauses_for_longer_while_runs_are_rare_and_not_while_user_code_stays()
    {
        var loop = new HeldLoop();
        var monitor = new TickedMonitor(loop);

        var pauses = new List<int>();
        for (int i = 0; i < 4; i++)
        {
            loop.Enter(static () => { });
            monitor.Look(times: 1);
            pauses.Add(monitor.Pause);
        }

        pauses.Should().Equal(2, 3, 3, 3);
        loop.Enter(() => monitor.Look(times: 1));
        monitor.Pause.Should().Be(1);
    }

    [Fact]
    public void It_does_not_pause_for_longer_while_runs_are_frequent()
    {
        var loop = new HeldLoop();
        var monitor = new TickedMonitor(loop);

        for (int i = 0; i < 4; i++)
        {
            loop.Enter(static () => { });
            loop.Enter(static () => { });
            monitor.Look(times: 1);
            monitor.Pause.Should().Be(1);
        }
    }

    [Fact]
    public void It_looks_soon_after_it_was_woken()
    {
        var loop = new HeldLoop();
        var monitor = new TickedMonitor(loop);

        monitor.Look(IdleLooks);

        monitor.Waits.Should().Be(1);
        monitor.Pause.Should().Be(1);
    }

    private sealed class TickedMonitor(HeldLoop loop) : MonitorCore<FreeStep>([loop], IdleLooks)
    {
        public bool FindsHeldUp { get; init; } = true;

        public int Waits { get; private set; }

        public int Wakes { get; private set; }

        public void Look(int times, bool isOnTime = true)
        {
            for (int i = 0; i < times; i++)
            {
                Tick(isOnTime);
            }
        }

        protected override bool IsHeldUp(int index, long entered) => FindsHeldUp;

        protected override void Wait() => Waits++;

        protected override void Wake() => Wakes++;
    }
}
