using System.Diagnostics;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>Where user code runs: here, while others keep an eye on it, or aside.</summary>
internal sealed partial class EpollLoop
{
    /// <summary>What one run of user code may receive without waiting before the loop's other connections come first.</summary>
    private const int BudgetBytes = 256 * 1024;
    private const int BudgetCalls = 16;

    /// <summary>User code that takes less than this is quick.</summary>
    private const long QuickNanoseconds = 500_000;

    /// <summary>What works aside gets a thread of its own while there are processors for it. More threads would only take them from the loops.</summary>
    private static readonly int s_mostBurning = Environment.ProcessorCount + 1;

    private static readonly TimeSpan s_quick = TimeSpan.FromMicroseconds(QuickNanoseconds / 1000);

    /// <summary>The loop whose user code this thread runs, or ran last; a stale one is told by the role's word.</summary>
    [ThreadStatic]
    private static EpollLoop? s_loop;

    [ThreadStatic]
    private static long s_entered;

    /// <summary>What the user code that this thread runs may still receive without waiting.</summary>
    [ThreadStatic]
    private static int s_bytes;

    [ThreadStatic]
    private static int s_calls;

    /// <summary>Threads of all engines that work aside; they share the processors.</summary>
    private static int s_burning;

    private int _thread;

    /// <summary>The loop whose user code this thread runs; null on any other thread.</summary>
    public static EpollLoop? Current => s_loop is { } loop && loop.Role == s_entered ? loop : null;

    /// <summary>The loop whose user code this thread runs, also where another thread has taken the loop over meanwhile; null on any other thread.</summary>
    public static EpollLoop? Home => s_loop;

    /// <summary>The thread that holds the role, or held it last, as the system counts threads.</summary>
    public int Thread => Volatile.Read(ref _thread);

    /// <summary>The calling thread is about to wait: if it runs the user code of a loop, another thread takes the loop over first.</summary>
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

    /// <summary>Lets the first thread hold the role. False: the system gives none.</summary>
    public bool TryStart() => _loops.Threads.TryRun(static (state, _) => ((EpollLoop)state).RunToTheEnd(), this);

    /// <summary>Whether the user code that this thread runs may go on receiving at once, or a loop's other connections come first.</summary>
    public static bool HasBudget => s_loop is null || (s_bytes > 0 && s_calls > 0);

    /// <summary>A receive on this thread ended without waiting.</summary>
    public static void Spend(int bytes)
    {
        s_bytes -= bytes;
        s_calls--;
    }

    protected override bool IsToRunHere(ILoopWork work)
    {
        bool isCrowded = _loops.Threads.AreExhausted;
        ref Slowness slowness = ref work.Slowness;
        if (!slowness.IsSlow && !isCrowded)
        {
            return true;
        }

        isCrowded |= slowness.Burns && Volatile.Read(ref s_burning) >= s_mostBurning;
        if (isCrowded || !_loops.Threads.TryRun(static (state, _) => RunAside((ILoopWork)state), work))
        {
            // Nearly every thread is held by a handler that does not come back, or every processor is busy: the pool has its own way of growing.
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

    /// <summary>What has kept a loop from its work runs on a thread of its own until it has been quick often enough.</summary>
    private static void RunAside(ILoopWork work)
    {
        // This thread may have run a loop's user code before, with a budget.
        s_loop = null;
        ref Slowness slowness = ref work.Slowness;
        bool burnt = slowness.Burns;
        if (burnt)
        {
            Interlocked.Increment(ref s_burning);
        }

        ThreadUse before = ThreadUse.OfCurrentThread();
        long started = Stopwatch.GetTimestamp();
        Execute(work, ExecutionContext.Capture());
        bool isQuick = Stopwatch.GetElapsedTime(started) < s_quick;
        bool burns = false;
        if (!isQuick)
        {
            // On a busy machine a thread may just not have got a processor. Even what only works waits now and then, for a lock or a collection.
            ThreadUse after = ThreadUse.OfCurrentThread();
            long worked = after.Processor - before.Processor;
            long waits = after.VoluntarySwitches - before.VoluntarySwitches;
            isQuick = waits == 0 && worked < QuickNanoseconds;
            burns = worked >= QuickNanoseconds * (waits + 1);
        }

        if (burnt)
        {
            Interlocked.Decrement(ref s_burning);
        }

        if (isQuick)
        {
            slowness.NoteQuick();
        }
        else
        {
            slowness.NoteSlow(burns);
        }
    }

    /// <summary>By a spare thread, which takes the loop over if it is still held when the thread runs.</summary>
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
