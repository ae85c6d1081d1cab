using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// Looks at the loops' roles every 2 ms. It counts looks, not time, so that a pause of the whole process takes no loop from anybody. It sleeps
/// for good while nothing moves.
/// </summary>
[SupportedOSPlatform("linux")]
[SuppressMessage("Reliability", "CA1001", Justification = "Lives as long as the process.")]
internal sealed class LoopMonitor : MonitorCore<FreeStep>
{
    private const int TickMilliseconds = 2;

    /// <summary>User code that has worked for so long, since it was first suspected, keeps the loop's other connections waiting.</summary>
    private const long BusyNanoseconds = 1_000_000;

    /// <summary>Looks in a row without any movement before it parks.</summary>
    private const int IdleLooks = 50;

    /// <summary>A look that comes later than this says that this thread, and maybe every other, was held up.</summary>
    private static readonly TimeSpan s_onTime = TimeSpan.FromMilliseconds(4 * TickMilliseconds);

    private readonly EpollLoop[] _loops;

    /// <summary>The user code that was suspected last, and the processor time of the loop's thread at that time.</summary>
    private readonly (long Entered, long Processor)[] _suspects;
    private readonly SemaphoreSlim _wake = new(0);
    private long _last;

    public LoopMonitor(EpollLoop[] loops)
        : base(loops, IdleLooks)
    {
        _loops = loops;
        _suspects = new (long, long)[loops.Length];
    }

    /// <summary>Starts the thread that looks. False: the system gives none.</summary>
    public bool TryStart() => SpareThreads.TryStart(Run, "SocketKit monitor");

    /// <summary>
    /// Whether the thread waits for something, or works. One that would like to run and gets no processor is held up itself, and another
    /// thread would only add to the crowd.
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
            Thread.Sleep(TickMilliseconds);
            int collectionsNow = GC.CollectionCount(0);
            bool isTrue = Stopwatch.GetElapsedTime(_last) < s_onTime && collectionsNow == collections;
            _last = Stopwatch.GetTimestamp();
            collections = collectionsNow;
            Tick(isTrue);
        }
    }
}
