using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux;

/// <summary>
/// Looks at the loops' roles every 2 ms, and gives a loop that is in the same user code as in the last look to another thread. It counts
/// looks, not time, so that a pause of the whole process takes no loop from anybody. It sleeps for good while nothing moves.
/// </summary>
[SupportedOSPlatform("linux")]
[SuppressMessage("Reliability", "CA1001", Justification = "Lives as long as the process.")]
internal sealed class LoopMonitor
{
    private const int TickMilliseconds = 2;

    /// <summary>User code that has worked for so long, since it was first suspected, keeps the loop's other connections waiting.</summary>
    private const long BusyNanoseconds = 1_000_000;

    /// <summary>Looks in a row without any movement before it parks.</summary>
    private const int IdleTicks = 50;

    /// <summary>A look that comes later than this says that this thread, and maybe every other, was held up.</summary>
    private static readonly TimeSpan s_onTime = TimeSpan.FromMilliseconds(4 * TickMilliseconds);

    private readonly EpollLoop[] _loops;
    private readonly long[] _seen;

    /// <summary>The processor time of the loop's thread when it was first seen in the user code that it is in; −1 before that.</summary>
    private readonly long[] _processor;
    private readonly SemaphoreSlim _wake = new(0);
    private int _parked;

    public LoopMonitor(EpollLoop[] loops)
    {
        _loops = loops;
        _seen = new long[loops.Length];
        _processor = new long[loops.Length];
        new Thread(Run) { IsBackground = true, Name = "SocketKit monitor" }.UnsafeStart();
    }

    /// <summary>A loop has entered user code: somebody has to look whether it comes back.</summary>
    public void Notice()
    {
        if (Volatile.Read(ref _parked) != 0 && Interlocked.Exchange(ref _parked, 0) != 0)
        {
            _wake.Release();
        }
    }

    private void Run()
    {
        int idle = 0;
        int collections = 0;
        long last = Stopwatch.GetTimestamp();
        while (true)
        {
            Thread.Sleep(TickMilliseconds);
            int collectionsNow = GC.CollectionCount(0);
            bool isTrue = Stopwatch.GetElapsedTime(last) < s_onTime && collectionsNow == collections;
            last = Stopwatch.GetTimestamp();
            collections = collectionsNow;
            if (Look(isTrue))
            {
                idle = 0;
            }
            else if (++idle >= IdleTicks)
            {
                Park();
                idle = 0;
                last = Stopwatch.GetTimestamp();
            }
        }
    }

    /// <summary>One look at every loop; whether anything has moved, or is in user code.</summary>
    private bool Look(bool isTrue)
    {
        bool moved = false;
        for (int i = 0; i < _loops.Length; i++)
        {
            long role = _loops[i].Role;
            bool isInUserCode = LoopRole<FreeStep>.IsInUserCode(role);
            if (isTrue && isInUserCode && role == _seen[i] && IsHeldUp(i))
            {
                _loops[i].TakeOver(role);
            }
            else if (!isInUserCode || role != _seen[i])
            {
                _processor[i] = -1;
            }

            moved |= isInUserCode || role != _seen[i];
            _seen[i] = role;
        }

        return moved;
    }

    /// <summary>
    /// Whether the thread waits for something, or works. One that would like to run and gets no processor is held up itself, and another
    /// thread would only add to the crowd.
    /// </summary>
    private bool IsHeldUp(int index)
    {
        int thread = _loops[index].Thread;
        if (ThreadUse.IsWaiting(thread))
        {
            return true;
        }

        long processor = ThreadUse.ProcessorOf(thread);
        long before = _processor[index];
        if (before < 0)
        {
            _processor[index] = processor;
        }

        return processor < 0 || (before >= 0 && processor - before >= BusyNanoseconds);
    }

    private void Park()
    {
        Volatile.Write(ref _parked, 1);

        // A loop enters user code with a plain store and looks at the mark afterwards, without a fence of its own: this is its fence.
        Interlocked.MemoryBarrierProcessWide();
        if (Look(isTrue: false) && Interlocked.Exchange(ref _parked, 0) != 0)
        {
            return;
        }

        _wake.Wait();
    }
}
