using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>
/// A monitor that parks: user code that comes back only when its loop has been taken over does come back, whatever the monitor was about to
/// do when it was entered.
/// </summary>
public sealed class MonitorScheduleTests
{
    /// <summary>Of each loop. One stays in user code, the other goes on.</summary>
    private const int Threads = 2;

    /// <summary>For each loop.</summary>
    private const int Events = 2;

    [Fact]
    public void A_loop_whose_user_code_stays_is_taken_over() =>
        Schedules.Schedules.Run(static _ => Make(loops: 1, static loop => loop.StayUntilTaken()), 6_000);

    [Fact]
    public void Two_loops_whose_user_code_stays_or_not_are_both_taken_over() => Schedules.Schedules.Run(
        static _ => Make(loops: 2, static loop =>
        {
            if (Schedule.Choose(2) == 0)
            {
                loop.StayUntilTaken();
            }
        }),
        4_000);

    private static World Make(int loops, Action<BatchLoop> userCode)
    {
        int done = 0;
        var all = new BatchLoop[loops];
        var monitor = new SimulatedMonitor(all);
        var world = new World();
        for (int i = 0; i < loops; i++)
        {
            BatchLoop? loop = null;
            loop = new BatchLoop(
                _ =>
                {
                    userCode(loop!);
                    done++;
                },
                connections: Events)
            {
                Monitor = monitor,
            };
            all[i] = loop;
            for (int j = 0; j < Threads; j++)
            {
                world.Actor($"loop {i}.{j}", loop.Live);
            }

            world.AtEveryStep(loop.CheckFaults);
            world.AtEnd(() => loop.CheckEnd(Events));
        }

        world.Actor("monitor", monitor.Live);
        world.Actor("kernel", () =>
        {
            for (int number = 0; number < Events; number++)
            {
                foreach (BatchLoop loop in all)
                {
                    if (Schedule.Choose(2) == 0)
                    {
                        Schedule.Await(() => monitor.IsParked);
                    }

                    ScheduledStep.Take();
                    loop.Fire(number);
                }
            }
        });
        world.Actor("end", () =>
        {
            Schedule.Await(() => done == loops * Events);
            Array.ForEach(all, static loop => loop.Stop());
            monitor.Stop();
        });
        world.AtEveryStep(monitor.Check);
        return world;
    }
}
