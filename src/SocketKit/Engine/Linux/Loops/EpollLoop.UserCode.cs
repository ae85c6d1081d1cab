namespace SocketKit.Engine.Linux.Loops;

/// <summary>Where user code runs: on the loop, where the monitor watches it, or on a spare thread.</summary>
internal sealed partial class EpollLoop
{
    /// <summary>How much one run of user code may receive without waiting before the loop's other connections get their turn.</summary>
    private const int BudgetBytes = 256 * 1024;
    private const int BudgetCalls = 16;

    /// <summary>Of code that is quick, one run in so many is timed.</summary>
    private const int RunsPerTimed = 8;

    /// <summary>The loop whose user code this thread runs or ran last. The loop's role tells whether it still does.</summary>
    [ThreadStatic]
    private static EpollLoop? s_loop;

    [ThreadStatic]
    private static long s_entered;

    /// <summary>How much the user code on this thread may still receive without waiting.</summary>
    [ThreadStatic]
    private static int s_bytes;

    [ThreadStatic]
    private static int s_calls;

    private int _untilTimed;

    /// <summary>The loop whose user code this thread runs; null on any other thread.</summary>
    public static EpollLoop? Current => s_loop is { } loop && loop.Role == s_entered ? loop : null;

    /// <summary>
    /// The loop that started the user code on this thread, even if another thread has taken the loop over; null on any other thread.
    /// </summary>
    public static EpollLoop? Home => s_loop;

    /// <summary>Whether the user code on this thread may receive again at once, before the loop's other connections.</summary>
    public static bool HasBudget => s_loop is null || (s_bytes > 0 && s_calls > 0);

    /// <summary>A receive on this thread ended without waiting: subtracts it from the budget.</summary>
    public static void Spend(int bytes)
    {
        s_bytes -= bytes;
        s_calls--;
    }

    protected override bool MayRunHere(ILoopWork work)
    {
        ref Pace pace = ref work.Pace;
        bool isCrowded = _loops.Spares.AreExhausted || (pace.IsLong && _loops.Threads.AreTooMany);
        if (!isCrowded && !pace.Waits)
        {
            return true;
        }

        if (isCrowded || !_loops.Spares.TryRun(static (state, _) => RunOnSpareThread((ILoopWork)state), work))
        {
            // Handlers that do not return hold nearly every thread, or have every processor. The thread pool limits its own growth.
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        }

        return false;
    }

    protected override bool IsToBeTimed(ref Pace pace)
    {
        if (--_untilTimed >= 0 && !pace.IsExpectedToWork)
        {
            return false;
        }

        _untilTimed = RunsPerTimed - 1;
        return _loops.Threads.CanShare;
    }

    protected override void OnEntered(long entered, bool isShared)
    {
        s_loop = this;
        s_entered = entered;
        s_bytes = BudgetBytes;
        s_calls = BudgetCalls;
        _loops.Monitor.Notice();
        if (isShared)
        {
            CallFollower();
        }
    }

    protected override void ExecuteTimed(ILoopWork work, ExecutionContext? clean, ref Pace pace, bool works)
    {
        bool wasLong = pace.IsLong;
        int threads = works ? _loops.Threads.BeginWork() : 0;
        var clock = RunClock.Start(asksSystem: wasLong);
        Execute(work, clean);
        long time = clock.Nanoseconds;
        if (works && _loops.Threads.EndWork() != threads)
        {
            threads = 0;
        }

        if (wasLong && clock.KindOf(time) == RunKind.Wait)
        {
            pace.NoteWait();
        }
        else
        {
            pace.NoteTime(time, threads);
        }
    }

    /// <summary>Runs the handler of a connection that waits. It stays on spare threads until it has been quick often enough.</summary>
    private static void RunOnSpareThread(ILoopWork work)
    {
        // This thread may have run a loop's user code before; that budget does not count here.
        s_loop = null;
        ref Pace pace = ref work.Pace;
        var clock = RunClock.Start(asksSystem: true);
        Execute(work, ExecutionContext.Capture());
        switch (clock.KindOf(clock.Nanoseconds))
        {
            case RunKind.Quick:
                pace.NoteQuick();
                break;
            case RunKind.Work:
                pace.NoteWork();
                break;
            default:
                pace.NoteWait();
                break;
        }
    }
}
