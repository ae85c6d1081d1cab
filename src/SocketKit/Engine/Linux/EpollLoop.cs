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
    private const int Awake = 0;
    private const int Asleep = 1;

    /// <summary>User code that takes less than this is quick.</summary>
    private const long QuickNanoseconds = 500_000;

    private static readonly TimeSpan s_quick = TimeSpan.FromMicroseconds(QuickNanoseconds / 1000);

    private readonly EpollLoops _loops;
    private readonly EpollSet _set = new();
    private readonly EventSlots _slots = new();
    private readonly DeadlineWheel _clock = new();
    private readonly ConcurrentQueue<Post> _posts = new();
    private readonly Lock _lock = new();
    private int _sleeping;
    private int _thread;

    /// <summary>The loop whose user code this thread runs, or ran last; a stale one is told by the role's word.</summary>
    [ThreadStatic]
    private static EpollLoop? s_loop;

    [ThreadStatic]
    private static long s_entered;

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

    /// <summary>By the loop: the operation's continuation is to run.</summary>
    public void Queue(ILoopWork continuation) => Continue(continuation);

    /// <summary>By any thread: the continuation is to run on the loop.</summary>
    public void PostContinuation(ILoopWork continuation) => Add(new Post(continuation, null));

    /// <summary>By any thread: the clock is to look at this node in time.</summary>
    public void PostDeadline(DeadlineNode node) => Add(new Post(null, node));

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
            else
            {
                _clock.Link(post.Node!);
            }
        }

        _clock.Advance();
    }

    protected override int Wait()
    {
        // Whoever posts looks at the mark after posting; this thread looks for posts after setting it. One of them sees the other.
        Interlocked.Exchange(ref _sleeping, Asleep);
        int count = _set.Wait(_posts.IsEmpty ? _clock.NextWait() : 0);
        Volatile.Write(ref _sleeping, Awake);
        return count;
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

    private void Add(Post post)
    {
        _posts.Enqueue(post);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) == Asleep && Interlocked.Exchange(ref _sleeping, Awake) == Asleep)
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

    private readonly record struct Post(ILoopWork? Continuation, DeadlineNode? Node);
}
