using SocketKit.Engine.Linux.Loops;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>
/// The loop under test, with any number of actors as its threads. It records who touches what belongs to the holder of the role.
/// </summary>
internal abstract class RecordedLoop : LoopCore<ScheduledStep>
{
    /// <summary>Asks for the first thread, which has nobody to take the role from.</summary>
    private const long Start = 0;

    /// <summary>Asks for a thread that follows the loop.</summary>
    private const long Follower = -1;

    /// <summary>How often such a thread looks at the role before it gives up.</summary>
    private const int MostLooks = 3;

    private readonly Dictionary<int, long> _entered = [];
    private readonly Queue<long> _requests = new([Start]);
    private readonly Queue<ILoopWork> _slow = new();
    private string? _fault;
    private int _holder;
    private long _lastEntered;
    private long _lastNoticed;
    private bool _hasReadAhead;
    private int _fences;

    /// <summary>Who watches it, if anybody has to be woken for that.</summary>
    public SimulatedMonitor? Monitor { get; set; }

    public bool HasStopped { get; private set; }

    /// <summary>Whether it is in user code, and has done what it can to be watched.</summary>
    public bool HasNoticed => IsInUserCode && Role == _lastNoticed;

    protected sealed override bool IsStopping
    {
        get
        {
            Own();
            return HasStopped;
        }
    }

    /// <summary>By user code: whether another thread has taken the loop that it was entered from.</summary>
    protected bool HasLostLoop => _entered.TryGetValue(Environment.CurrentManagedThreadId, out long entered) && Role != entered;

    /// <summary>By user code: whether the loop was entered so that any thread may take it.</summary>
    protected bool IsShared => LoopRole<ScheduledStep>.IsShared(_entered[Environment.CurrentManagedThreadId]);

    private bool IsInUserCode => LoopRole<ScheduledStep>.IsInUserCode(Role);

    /// <summary>Kept for the check between steps: thrown where it happens, the loop's own catch might swallow it.</summary>
    public void Fault(string what) => _fault ??= what;

    public void CheckFaults() => _fault.Should().BeNull();

    public void Stop() => HasStopped = true;

    /// <summary>
    /// The life of a thread of this loop: as a spare one of <c>EpollLoop</c>, it takes the role over if that is still held when it runs, or
    /// follows the loop.
    /// </summary>
    public void Live()
    {
        while (true)
        {
            Schedule.Await(() => _requests.Count > 0 || HasStopped);
            if (HasStopped)
            {
                return;
            }

            long entered = _requests.Dequeue();
            bool holds = entered == Start || (entered == Follower ? TryFollow() : TryTake(entered));
            while (holds && !Run())
            {
                holds = TryFollow();
            }
        }
    }

    /// <summary>The life of a thread that runs what is slow. Whether it still is, the schedule says.</summary>
    public void LiveSpare()
    {
        while (true)
        {
            Schedule.Await(() => _slow.Count > 0 || HasStopped);
            if (!_slow.TryDequeue(out ILoopWork? work))
            {
                return;
            }

            Execute(work, clean: null);
            ScheduledStep.Take();
            if (Schedule.Choose(2) == 0)
            {
                work.Pace.NoteWait();
            }
            else
            {
                work.Pace.NoteQuick();
            }
        }
    }

    /// <summary>The life of a monitor that finds every entry into user code too long if the schedule lets it.</summary>
    public void Watch()
    {
        while (!HasStopped)
        {
            Schedule.Await(() => IsInUserCode || HasStopped);
            TakeOver(Role);
        }
    }

    /// <summary>By user code that is about to wait.</summary>
    public void HandOff()
    {
        if (_entered.TryGetValue(Environment.CurrentManagedThreadId, out long entered))
        {
            TakeOver(entered);
        }
    }

    /// <summary>By user code that does not come back before another thread has the loop.</summary>
    public void StayUntilTaken()
    {
        long entered = _entered[Environment.CurrentManagedThreadId];
        Schedule.Await(() => Role != entered);
    }

    public sealed override void TakeOver(long entered)
    {
        ScheduledStep.Take();
        if (LoopRole<ScheduledStep>.IsInUserCode(entered) && Role == entered)
        {
            _requests.Enqueue(entered);
        }
    }

    protected sealed override bool IsToBeTimed(ref Pace pace) => Schedule.Choose(2) == 0;

    /// <summary>How long it took, the schedule says.</summary>
    protected sealed override void ExecuteTimed(ILoopWork work, ExecutionContext? clean, ref Pace pace, bool works)
    {
        Execute(work, clean);
        ScheduledStep.Take();
        pace.NoteTime(Schedule.Choose(2) == 0 ? 2 * Pace.WorkNanoseconds : 0, threads: 1);
    }

    protected sealed override bool MayRunHere(ILoopWork work)
    {
        ScheduledStep.Take();
        if (work.Pace.Waits)
        {
            _slow.Enqueue(work);
            return false;
        }

        // A processor may look at the mark before others see the store to the role, which stands above it in the program.
        _fences = Schedule.Fences;
        _hasReadAhead = Monitor is not null && Schedule.Choose(2) == 0 && !Monitor.IsParked;
        return true;
    }

    protected sealed override void OnRunning() => Own();

    protected sealed override void OnEntered(long entered, bool isShared)
    {
        Own();
        _holder = 0;
        _entered[Environment.CurrentManagedThreadId] = entered;
        if (entered <= _lastEntered)
        {
            Fault("a sequence number of the role was used twice");
        }

        _lastEntered = entered;
        if (!_hasReadAhead || Schedule.Fences != _fences)
        {
            Monitor?.Notice();
        }

        _lastNoticed = entered;
        if (isShared && Schedule.Choose(2) == 0)
        {
            _requests.Enqueue(Follower);
        }
    }

    /// <summary>The calling thread touches what belongs to the holder of the role.</summary>
    protected void Own()
    {
        int me = Environment.CurrentManagedThreadId;
        if (_holder != 0 && _holder != me)
        {
            Fault("two threads hold the role");
        }

        _holder = me;
    }

    /// <summary>The pace of a new connection.</summary>
    /// <param name="works">Whether its user code is known to work.</param>
    protected static Pace PaceOf(bool works)
    {
        Pace pace = default;
        if (works)
        {
            pace.NoteWork();
        }

        return pace;
    }

    /// <summary>As in <c>EpollLoop</c>, with steps for time.</summary>
    private bool TryFollow()
    {
        for (int looks = Schedule.Choose(MostLooks); looks > 0; looks--)
        {
            if (TryTakeShared(out bool isAsleep))
            {
                return true;
            }

            if (isAsleep)
            {
                return false;
            }

            ScheduledStep.Take();
        }

        return false;
    }
}
