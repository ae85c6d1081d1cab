using System.Diagnostics;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>Where user code runs: on the loop, where the monitor watches it, or on a spare thread.</summary>
internal sealed partial class EpollLoop
{
    /// <summary>How much one run of user code may receive without waiting before the loop's other connections get their turn.</summary>
    private const int BudgetBytes = 256 * 1024;
    private const int BudgetCalls = 16;

    /// <summary>User code that takes less than this is quick.</summary>
    private const long QuickNanoseconds = 500_000;

    /// <summary>The most spare threads that run CPU-bound code. More would only take processors from the loops.</summary>
    private static readonly int s_mostCpuBound = Environment.ProcessorCount + 1;

    private static readonly TimeSpan s_quick = TimeSpan.FromMicroseconds(QuickNanoseconds / 1000);

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

    /// <summary>Spare threads of all engines that run CPU-bound code; the engines share the processors.</summary>
    private static int s_cpuBound;

    private int _thread;

    /// <summary>The loop whose user code this thread runs; null on any other thread.</summary>
    public static EpollLoop? Current => s_loop is { } loop && loop.Role == s_entered ? loop : null;

    /// <summary>
    /// The loop that started the user code on this thread, even if another thread has taken the loop over; null on any other thread.
    /// </summary>
    public static EpollLoop? Home => s_loop;

    /// <summary>The thread that holds the role or held it last, by its gettid(2) number.</summary>
    public int Thread => Volatile.Read(ref _thread);

    /// <summary>
    /// The calling thread is about to block. If it runs the user code of a loop, another thread takes the loop over first.
    /// </summary>
    public static void HandOff()
    {
        if (s_loop is { } loop)
        {
            s_loop = null;
            loop.TakeOver(s_entered);
        }
    }

    public override void TakeOver(long entered)
    {
        if (Role == entered)
        {
            _loops.Threads.TryRun(static (state, entered) => ((EpollLoop)state).Hold(entered), this, entered);
        }
    }

    /// <summary>Starts the loop's first thread. False: the system gives no thread.</summary>
    public bool TryStart() => _loops.Threads.TryRun(static (state, _) => ((EpollLoop)state).RunToTheEnd(), this);

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
        bool isCrowded = _loops.Threads.AreExhausted;
        ref Slowness slowness = ref work.Slowness;
        if (!slowness.IsSlow && !isCrowded)
        {
            return true;
        }

        isCrowded |= slowness.IsCpuBound && Volatile.Read(ref s_cpuBound) >= s_mostCpuBound;
        if (isCrowded || !_loops.Threads.TryRun(static (state, _) => RunOnSpareThread((ILoopWork)state), work))
        {
            // Handlers that do not return hold nearly every thread, or CPU-bound code has every processor. The thread pool limits its own
            // growth.
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        }

        return false;
    }

    protected override void OnRunning() => Volatile.Write(ref _thread, ThreadUse.CurrentThread);

    protected override void OnEntered(long entered)
    {
        s_loop = this;
        s_entered = entered;
        s_bytes = BudgetBytes;
        s_calls = BudgetCalls;
        _loops.Monitor.Notice();
    }

    /// <summary>Runs the handler of a slow connection, which stays on spare threads until it has been quick often enough.</summary>
    private static void RunOnSpareThread(ILoopWork work)
    {
        // This thread may have run a loop's user code before; that budget does not count here.
        s_loop = null;
        ref Slowness slowness = ref work.Slowness;
        bool wasCpuBound = slowness.IsCpuBound;
        if (wasCpuBound)
        {
            Interlocked.Increment(ref s_cpuBound);
        }

        ThreadUse before = ThreadUse.OfCurrentThread();
        long started = Stopwatch.GetTimestamp();
        Execute(work, ExecutionContext.Capture());
        bool isQuick = Stopwatch.GetElapsedTime(started) < s_quick;
        bool isCpuBound = false;
        if (!isQuick)
        {
            // On a busy machine the thread may just have waited for a processor. CPU-bound code, too, waits now and then for a lock or a
            // garbage collection.
            ThreadUse after = ThreadUse.OfCurrentThread();
            long worked = after.Processor - before.Processor;
            long waits = after.VoluntarySwitches - before.VoluntarySwitches;
            isQuick = waits == 0 && worked < QuickNanoseconds;
            isCpuBound = worked >= QuickNanoseconds * (waits + 1);
        }

        if (wasCpuBound)
        {
            Interlocked.Decrement(ref s_cpuBound);
        }

        if (isQuick)
        {
            slowness.NoteQuick();
        }
        else
        {
            slowness.NoteSlow(isCpuBound);
        }
    }

    /// <summary>Runs on a spare thread: takes the loop over if the user code has still not returned.</summary>
    private void Hold(long entered)
    {
        _loops.Threads.KeepReserve();
        if (TryTake(entered))
        {
            RunToTheEnd();
        }
    }

    private void RunToTheEnd()
    {
        if (Run())
        {
            _set.Dispose();
        }
    }
}
