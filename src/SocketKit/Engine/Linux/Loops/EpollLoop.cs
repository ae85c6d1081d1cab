using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Telemetry;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>One epoll instance with its registered descriptors, its clock, and its inbox for other threads.</summary>
[SupportedOSPlatform("linux")]
[SuppressMessage("Reliability", "CA1001", Justification = "A loop lives as long as the process.")]
internal sealed partial class EpollLoop : LoopCore<FreeStep>, ILoopMeasures
{
    private static readonly Func<long> s_clock = Stopwatch.GetTimestamp;

    private readonly EpollLoops _loops;
    private readonly EpollSet _set = new();
    private readonly EventSlots _slots = new();
    private readonly DeadlineWheel _clock = new();
    private readonly LoopInbox<FreeStep> _posts = new();
    private readonly Lock _lock = new();
    private SpinCredit _spin;
    private RecentEvents _recent = new();
    private LoopUse _use;
    private int _events;
    private int _load;
    private volatile bool _isStopping;

    /// <param name="loops">The loops of the engine.</param>
    /// <param name="busyPoll">Whether the loop polls before it sleeps.</param>
    /// <exception cref="System.Net.Sockets.SocketException">The system refuses epoll.</exception>
    public EpollLoop(EpollLoops loops, BusyPoll busyPoll)
    {
        _loops = loops;
        _spin = SpinCredit.Of(busyPoll, Stopwatch.Frequency);
    }

    /// <summary>Descriptors that have been given this loop, whether they are registered yet or not.</summary>
    public int Load => Volatile.Read(ref _load);

    long ILoopMeasures.Takeovers => Volatile.Read(ref _takeovers);

    double? ILoopMeasures.LookAtUtilization() => _use.Look(Stopwatch.GetTimestamp());

    /// <summary>Only a loop whose engine could not be made stops.</summary>
    protected override bool IsStopping => _isStopping;

    /// <summary>Ends the loop's thread, which then closes the loop's descriptors. If the loop has no thread, closes them at once.</summary>
    public void Stop(bool isRunning)
    {
        _isStopping = true;
        if (isRunning)
        {
            _set.Wake();
        }
        else
        {
            _set.Dispose();
        }
    }

    /// <summary>A descriptor is given this loop. <see cref="Release"/> follows when it closes.</summary>
    public void Assign() => Interlocked.Increment(ref _load);

    public void Release() => Interlocked.Decrement(ref _load);

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
                // No event can name this slot, so it is freed. The caller gets the exception.
                _slots.Remove(target);
                throw;
            }
        }
    }

    /// <exception cref="System.Net.Sockets.SocketException">The system refuses.</exception>
    public void Modify(int fd, uint events, IEventTarget target) => _set.Modify(fd, events, target.Key);

    /// <summary>Called before the descriptor is closed, because a duplicate would keep the registration alive.</summary>
    public void Remove(int fd, IEventTarget target)
    {
        _set.Remove(fd);
        lock (_lock)
        {
            _slots.Remove(target);
        }
    }

    /// <summary>Called on the loop: queues the continuation of an operation.</summary>
    public void Queue(ILoopWork continuation) => Continue(continuation);

    /// <summary>Called by any thread: posts a continuation to the loop.</summary>
    public void PostContinuation(ILoopWork continuation) => WakeIf(_posts.AddContinuation(continuation));

    /// <summary>Called by any thread: posts an attempt of an operation that is not armed. The loop makes it on its next turn.</summary>
    public void PostReady(IDeferredAttempt attempt) => WakeIf(_posts.AddReady(attempt));

    /// <summary>Called by any thread: asks the clock to link this node.</summary>
    public void PostDeadline(DeadlineNode node) => WakeIf(_posts.AddDeadline(node));

    protected override void OnEvent(int index)
    {
        ulong key = _set.DataAt(index);
        if (key != EpollSet.WakeData)
        {
            _recent.Note(key);
            _slots.Find(key)?.OnEvents(_set.EventsAt(index));
        }
    }

    protected override void Sweep()
    {
        for (int left = _posts.Count; left > 0 && _posts.TryTake(out LoopInbox<FreeStep>.Post post); left--)
        {
            if (post.Continuation is { } continuation)
            {
                Continue(continuation);
            }
            else if (post.Ready is { } attempt)
            {
                attempt.OnReady();
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
        bool isTimed = EngineMeasures.AreLoopsTimed;
        _use.BeginWait(isTimed, s_clock);
        int milliseconds = _posts.IsEmpty ? _clock.NextWait() : 0;
        bool spins = milliseconds != 0 && _spin.IsWorthwhile(_events);
        _events = spins && TrySpin(out int events)
            ? events
            : Sleep(milliseconds, isMeasured: milliseconds != 0 && !spins && _spin.ShouldProbe());
        _use.EndWait(isTimed, s_clock);
        return _events;
    }

    /// <summary>Polls for as long as a wake-up would take. False: no event came.</summary>
    private bool TrySpin(out int events)
    {
        long start = Stopwatch.GetTimestamp();
        long now;
        do
        {
            bool tries = _recent.IsToTry();
            events = tries ? 0 : _set.Wait(0);
            if (events > 0 || (tries && TryReceives()) || !_posts.IsEmpty)
            {
                _spin.Hit();
                return true;
            }

            now = Stopwatch.GetTimestamp();
        }
        while (now - start < _spin.Spin);

        _spin.Miss(start, now);
        return false;
    }

    /// <summary>Tries the receives of the targets that had the last events. Whether one of them has ended.</summary>
    private bool TryReceives()
    {
        bool hasEnded = false;
        foreach (ulong key in _recent.Keys)
        {
            hasEnded |= _slots.Find(key)?.TryReceive() == true;
        }

        return hasEnded;
    }

    private int Sleep(int milliseconds, bool isMeasured)
    {
        long start = isMeasured ? Stopwatch.GetTimestamp() : 0;
        int events = _set.Wait(_posts.BeginSleep() ? milliseconds : 0);
        _posts.EndSleep();
        if (isMeasured)
        {
            _spin.Slept(start, Stopwatch.GetTimestamp());
        }

        return events;
    }

    private void WakeIf(bool sleeps)
    {
        if (sleeps)
        {
            _set.Wake();
        }
    }
}
