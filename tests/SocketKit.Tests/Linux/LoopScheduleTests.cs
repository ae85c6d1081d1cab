using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>
/// The role of a loop and the order of its work: one thread at a time touches the loop, no event is handled twice or forgotten when another
/// thread goes on in the middle of a batch, and each continuation enters user code once.
/// </summary>
public sealed class LoopScheduleTests
{
    private const int Events = 4;
    private const int Posts = 3;

    /// <summary>So many may wait until all others have run: one thread less than the loop has.</summary>
    private const int Waiting = 2;
    private const int Total = Events + Posts;

    [Fact]
    public void One_thread_runs_everything_once() => Play(threads: 1, isWatched: false, static (_, _, _) => { });

    [Fact]
    public void A_monitor_takes_the_role_while_user_code_runs() => Play(threads: 3, isWatched: true, static (_, _, _) => Linger());

    [Fact]
    public void User_code_gives_the_role_away_before_it_waits() =>
        Play(threads: 3, isWatched: false, static (loop, number, haveOthersDone) =>
    {
        if (number < Waiting)
        {
            loop.HandOff();

            // The word it entered with is stale now, as is that of a thread that comes back late.
            Linger();
            loop.HandOff();
            Schedule.Await(haveOthersDone);
        }
    });

    [Fact]
    public void User_code_and_the_monitor_both_try() => Play(threads: 3, isWatched: true, static (loop, _, _) =>
    {
        Linger();
        if (Schedule.Choose(2) == 0)
        {
            loop.HandOff();
            Linger();
        }
    });

    [Fact]
    public void Handlers_that_wait_for_all_others_do_not_stop_the_loop() =>
        Play(threads: 3, isWatched: true, static (_, number, haveOthersDone) =>
    {
        if (number < Waiting)
        {
            Schedule.Await(haveOthersDone);
        }
    });

    [Fact]
    public void Work_that_lost_the_loop_runs_on_a_spare_thread_while_the_loop_continues() =>
        Play(threads: 2, isWatched: true, static (_, _, _) => Linger(), connections: 2, spares: 2);

    [Fact]
    public void Threads_follow_a_loop_whose_user_code_works() =>
        Play(threads: 3, isWatched: false, static (_, _, _) => Linger(), works: true);

    [Fact]
    public void Followers_the_monitor_and_user_code_that_waits_all_take_the_role() =>
        Play(threads: 4, isWatched: true, static (loop, number, haveOthersDone) =>
    {
        Linger();
        if (number < Waiting)
        {
            if (Schedule.Choose(2) == 0)
            {
                loop.HandOff();
            }

            Schedule.Await(haveOthersDone);
        }
    }, works: true);

    [Fact]
    public void A_connection_that_works_now_and_waits_then_runs_each_continuation_once() =>
        Play(threads: 3, isWatched: true, static (_, _, _) => Linger(), connections: 2, spares: 2, works: true);

    private static void Linger()
    {
        for (int i = Schedule.Choose(4); i > 0; i--)
        {
            ScheduledStep.Take();
        }
    }

    /// <param name="threads">Of the loop.</param>
    /// <param name="isWatched">By a monitor.</param>
    /// <param name="userCode">With the loop, its number, and whether all have run that do not wait.</param>
    /// <param name="connections">The numbers belong to these in turn. With one connection per number, none runs on a spare thread.</param>
    /// <param name="spares">The number of spare threads.</param>
    /// <param name="works">Whether the user code is known to work, so that any thread may take the role meanwhile.</param>
    private static void Play(
        int threads,
        bool isWatched,
        Action<BatchLoop, int, Func<bool>> userCode,
        int connections = Total,
        int spares = 0,
        bool works = false) =>
        Schedules.Schedules.Run(_ => Make(threads, isWatched, userCode, connections, spares, works), 3_000);

    private static World Make(
        int threads, bool isWatched, Action<BatchLoop, int, Func<bool>> userCode, int connections, int spares, bool works)
    {
        int done = 0;
        int fired = 0;
        bool HaveOthersDone() => done >= Total - Waiting;
        BatchLoop? loop = null;
        loop = new BatchLoop(
            number =>
            {
                userCode(loop!, number, HaveOthersDone);
                done++;
            },
            connections,
            works);

        var world = new World();
        for (int i = 0; i < threads; i++)
        {
            world.Actor($"loop {i}", loop.Live);
        }

        for (int i = 0; i < spares; i++)
        {
            world.Actor($"spare {i}", loop.LiveSpare);
        }

        if (isWatched)
        {
            world.Actor("monitor", loop.Watch);
        }

        world.Actor("kernel", () =>
        {
            while (fired < Events)
            {
                // Several in one batch, mostly.
                for (int left = 1 + Schedule.Choose(Events); left > 0 && fired < Events; left--)
                {
                    loop.Fire(fired++);
                }

                ScheduledStep.Take();
            }
        });
        world.Actor("poster", () =>
        {
            for (int i = Events; i < Total; i++)
            {
                ScheduledStep.Take();
                loop.Post(i);
            }
        });
        world.Actor("end", () =>
        {
            Schedule.Await(() => done == Total);
            loop.Stop();
        });
        world.AtEveryStep(loop.CheckFaults);
        world.AtEnd(() => loop.CheckEnd(Total));
        world.AtEnd(loop.CheckSlow);
        if (spares == 0)
        {
            world.AtEnd(loop.CheckOrder);
        }

        return world;
    }
}
