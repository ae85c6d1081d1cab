using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux;

/// <summary>One epoll instance with the connections that were given to it, its clock, and what other threads have posted.</summary>
[SupportedOSPlatform("linux")]
[SuppressMessage("Reliability", "CA1001", Justification = "A loop lives as long as the process.")]
internal sealed class EpollLoop : LoopCore<FreeStep>
{
    /// <summary>How long a spin lasts: a wake-up costs as much, and waiting longer gains nothing (measured).</summary>
    private const int SpinMicroseconds = 30;

    /// <summary>What one run of user code may receive without waiting before the loop's other connections come first.</summary>
    private const int BudgetBytes = 256 * 1024;
    private const int BudgetCalls = 16;

    private static readonly long s_spinTicks = SpinMicroseconds * Stopwatch.Frequency / 1_000_000;

    /// <summary>User code that takes less than this is quick.</summary>
    private const long QuickNanoseconds = 500_000;

    private static readonly TimeSpan s_quick = TimeSpan.FromMicroseconds(QuickNanoseconds / 1000);

    private readonly EpollLoops _loops;
    private readonly EpollSet _set = new();
    private readonly EventSlots _slots = new();
    private readonly DeadlineWheel _clock = new();
    private readonly ConcurrentQueue<Post> _posts = new();
    private readonly Lock _lock = new();
    private SleepMark<FreeStep> _mark;
    private SpinCredit _spin = new(s_spinTicks, Stopwatch.Frequency);
    private int _events;
    private int _thread;

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

    /// <exception cref="System.Net.Sockets.SocketException">The system refuses epoll.</exception>
    public EpollLoop(EpollLoops loops) => _loops = loops;

    /// <summary>The thread that holds the role, or held it last, as the system counts threads.</summary>
    public int Thread => Volatile.Read(ref _thread);

    /// <summary>The loop whose user code this thread runs; null on any other thread.</summary>
    public static EpollLoop? Current => s_loop is { } loop && loop.Role == s_entered ? loop : null;

    /// <summary>Registered descriptors.</summary>
    public int Load
    {
        get
        {
            lock (_lock)
            {
                return _slots.Count;
            }
        }
    }

    /// <summary>A loop of the process lives as long as it.</summary>
    protected override bool IsStopping => false;

    /// <summary>Registers a descriptor.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The system refuses.</exception>
    public void Add(int fd, uint events, IEventTarget target)
    {
        lock (_lock)
        {
            _slots.Add(target);
            try
            {
                _set.Add(fd, events, target.Key);
            }
            catch
            {
                _slots.Remove(target);
                throw;
            }
        }
    }

    /// <exception cref="System.Net.Sockets.SocketException">The system refuses.</exception>
    public void Modify(int fd, uint events, IEventTarget target) => _set.Modify(fd, events, target.Key);

    /// <summary>Before the descriptor is closed: a duplicate would keep the registration alive.</summary>
    public void Remove(int fd, IEventTarget target)
    {
        _set.Remove(fd);
        lock (_lock)
        {
            _slots.Remove(target);
        }
    }

    /// <summary>The calling thread is about to wait: if it runs the user code of a loop, another thread takes the loop over first.</summary>
    public static void HandOff()
    {
        if (s_loop is { } loop)
        {
            s_loop = null;
            loop.TakeOver(s_entered);
        }
    }

    /// <summary>
    /// Gives the loop to another thread if it is still in the user code that it entered with this word. Does nothing when there is no thread
    /// to be had.
    /// </summary>
    public void TakeOver(long entered)
    {
        if (Role == entered)
        {
            _loops.Threads.TryRun(static state => ((Holder)state).Hold(), new Holder(this, entered));
        }
    }

    /// <summary>The role is free: lets a thread hold it.</summary>
    public void Start() => _loops.Threads.TryRun(static state => ((EpollLoop)state).Run(), this);

    /// <summary>Whether the user code that this thread runs may go on receiving at once, or a loop's other connections come first.</summary>
    public static bool HasBudget => s_loop is null || (s_bytes > 0 && s_calls > 0);

    /// <summary>A receive on this thread ended without waiting.</summary>
    public static void Spend(int bytes)
    {
        s_bytes -= bytes;
        s_calls--;
    }

    /// <summary>By the loop: the operation's continuation is to run.</summary>
    public void Queue(ILoopWork continuation) => Continue(continuation);

    /// <summary>By any thread: the continuation is to run on the loop.</summary>
    public void PostContinuation(ILoopWork continuation) => Add(new Post(continuation, null, null));

    /// <summary>By any thread: the operation, which is not armed, is to be attempted when the loop comes round.</summary>
    public void PostReady(ReadyOperation<FreeStep> operation) => Add(new Post(null, null, operation));

    /// <summary>By any thread: the clock is to look at this node in time.</summary>
    public void PostDeadline(DeadlineNode node) => Add(new Post(null, node, null));

    protected override void OnEvent(int index)
    {
        ulong key = _set.DataAt(index);
        if (key != EpollSet.WakeData)
        {
            _slots.Find(key)?.OnEvents(_set.EventsAt(index));
        }
    }

    protected override void Sweep()
    {
        // What is posted meanwhile has to wait for the next turn, so that events are not kept waiting.
        for (int left = _posts.IsEmpty ? 0 : _posts.Count; left > 0 && _posts.TryDequeue(out Post post); left--)
        {
            if (post.Continuation is { } continuation)
            {
                Continue(continuation);
            }
            else if (post.Ready is { } operation)
            {
                operation.OnReady();
            }
            else
            {
                _clock.Link(post.Node!);
            }
        }

        _clock.Advance();
    }

    protected override int Wait()
    {
        int milliseconds = _posts.IsEmpty ? _clock.NextWait() : 0;
        bool spins = milliseconds != 0 && _spin.IsWorthwhile(_events);
        _events = spins && TrySpin(out int events) ? events : Sleep(milliseconds, isToMeasure: milliseconds != 0 && !spins && _spin.IsToProbe());
        return _events;
    }

    protected override bool IsToRunHere(ILoopWork work)
    {
        bool exhausted = _loops.Threads.AreExhausted;
        if (Volatile.Read(ref work.Slowness) == 0 && !exhausted)
        {
            return true;
        }

        if (exhausted || !_loops.Threads.TryRun(static state => RunAside((ILoopWork)state), work))
        {
            // Nearly every thread is held by a handler that does not come back: the pool has its own way of growing.
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
        ref int slowness = ref work.Slowness;
        ThreadUse before = ThreadUse.OfCurrentThread();
        long started = Stopwatch.GetTimestamp();
        Execute(work, ExecutionContext.Capture());
        bool isQuick = Stopwatch.GetElapsedTime(started) < s_quick;
        if (!isQuick)
        {
            // On a busy machine a thread may just not have got a processor.
            ThreadUse after = ThreadUse.OfCurrentThread();
            isQuick = after.VoluntarySwitches == before.VoluntarySwitches && after.Processor - before.Processor < QuickNanoseconds;
        }

        Volatile.Write(ref slowness, isQuick ? Math.Max(0, slowness - 1) : SlowRuns);
    }

    /// <summary>Polls for as long as a wake-up would take. False: nothing came.</summary>
    private bool TrySpin(out int events)
    {
        long start = Stopwatch.GetTimestamp();
        long now;
        do
        {
            events = _set.Wait(0);
            if (events > 0 || !_posts.IsEmpty)
            {
                _spin.Hit();
                return true;
            }

            now = Stopwatch.GetTimestamp();
        }
        while (now - start < s_spinTicks);

        _spin.Miss(start, now);
        return false;
    }

    private int Sleep(int milliseconds, bool isToMeasure)
    {
        long start = isToMeasure ? Stopwatch.GetTimestamp() : 0;
        _mark.Sleep();
        int events = _set.Wait(_posts.IsEmpty ? milliseconds : 0);
        _mark.Wake();
        if (isToMeasure)
        {
            _spin.Slept(start, Stopwatch.GetTimestamp());
        }

        return events;
    }

    private void Add(Post post)
    {
        _posts.Enqueue(post);
        if (_mark.MustWake())
        {
            _set.Wake();
        }
    }

    /// <summary>A thread that is to take a loop over, if it is still held when the thread runs.</summary>
    private sealed class Holder(EpollLoop loop, long entered)
    {
        public void Hold()
        {
            loop._loops.Threads.KeepReserve();
            if (loop.TryTake(entered))
            {
                loop.Run();
            }
        }
    }

    private readonly record struct Post(ILoopWork? Continuation, DeadlineNode? Node, ReadyOperation<FreeStep>? Ready);
}
