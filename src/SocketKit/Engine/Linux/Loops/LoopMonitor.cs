using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// Looks at the loops' roles every 2 ms, and every 6 ms while they hardly run user code. It counts looks and not time, so that a pause of
/// the whole process takes no loop from its thread. While no loop runs user code it sleeps.
/// </summary>
[SupportedOSPlatform("linux")]
[SuppressMessage("Reliability", "CA1001", Justification = "Lives as long as the process.")]
internal sealed class LoopMonitor : MonitorCore<FreeStep>
{
    private const int TickMilliseconds = 2;

    /// <summary>
    /// User code that has used this much processor time since it was first suspected delays the loop's other connections.
    /// </summary>
    private const long BusyNanoseconds = 1_000_000;

    /// <summary>Looks in a row without any movement before it parks: a tenth of a second.</summary>
    private const int IdleLooks = 18;

    /// <summary>
    /// A look that comes later than this shows that this thread, and maybe every other one, was delayed. One after a longer pause comes
    /// later, too; there was no user code at the look before it, which could be there still.
    /// </summary>
    private static readonly TimeSpan s_onTime = TimeSpan.FromMilliseconds(4 * TickMilliseconds);

    private readonly EpollLoop[] _loops;

    /// <summary>Per loop, the user code that was suspected last, and the processor time of the loop's thread at that moment.</summary>
    private readonly (long Entered, long Processor)[] _suspects;
    private readonly SemaphoreSlim _wake = new(0);
    private long _last;

    public LoopMonitor(EpollLoop[] loops)
        : base(loops, IdleLooks)
    {
        _loops = loops;
        _suspects = new (long, long)[loops.Length];
    }

    /// <summary>Whether it has a thread.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>Starts the monitor's thread. False: the system gives none.</summary>
    public bool TryStart() => IsStarted = SpareThreads.TryStart(Run, "SocketKit monitor");

    /// <summary>
    /// Whether the loop's thread is blocked or has used the processor for too long. A thread that is runnable but gets no processor is
    /// delayed itself, and another thread would only load the machine more.
    /// </summary>
    protected override bool IsHeldUp(int index, long entered)
    {
        int thread = _loops[index].Thread;
        if (ThreadUse.IsWaiting(thread))
        {
            return true;
        }

        long processor = ThreadUse.ProcessorOf(thread);
        ref (long Entered, long Processor) suspect = ref _suspects[index];
        if (suspect.Entered != entered)
        {
            suspect = (entered, processor);
        }

        return processor < 0 || processor - suspect.Processor >= BusyNanoseconds;
    }

    protected override void Wait()
    {
        _wake.Wait();
        _last = Stopwatch.GetTimestamp();
    }

    protected override void Wake() => _wake.Release();

    private void Run()
    {
        int collections = 0;
        _last = Stopwatch.GetTimestamp();
        while (true)
        {
            Thread.Sleep(Pause * TickMilliseconds);
            int collectionsNow = GC.CollectionCount(0);
            bool isOnTime = Stopwatch.GetElapsedTime(_last) < s_onTime && collectionsNow == collections;
            _last = Stopwatch.GetTimestamp();
            collections = collectionsNow;
            Tick(isOnTime);
        }
    }
}
