using SocketKit.Engine.Linux;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>The loop under test, with any number of actors as its threads. It records who touches what belongs to the holder of the role.</summary>
internal abstract class RecordedLoop : LoopCore<ScheduledStep>
{
    private readonly Dictionary<int, long> _entered = [];
    private string? _fault;
    private bool _isFree = true;
    private int _holder;
    private long _lastEntered;

    public bool HasStopped { get; private set; }

    protected sealed override bool IsStopping
    {
        get
        {
            Own();
            return HasStopped;
        }
    }

    private bool IsInUserCode => LoopRole<ScheduledStep>.IsInUserCode(Role);

    /// <summary>Kept for the check between steps: thrown where it happens, the loop's own catch might swallow it.</summary>
    public void Fault(string what) => _fault ??= what;

    public void CheckFaults() => _fault.Should().BeNull();

    public void Stop() => HasStopped = true;

    /// <summary>The life of a thread of this loop: whoever is free runs it when somebody has taken the role for others.</summary>
    public void Live()
    {
        while (true)
        {
            Schedule.Await(() => _isFree || HasStopped);
            if (HasStopped)
            {
                return;
            }

            _isFree = false;
            Run();
        }
    }

    /// <summary>The life of the monitor, which finds every entry into user code too long if the schedule lets it.</summary>
    public void Watch()
    {
        while (!HasStopped)
        {
            Schedule.Await(() => IsInUserCode || HasStopped);
            long seen = Role;
            ScheduledStep.Take();
            if (LoopRole<ScheduledStep>.IsInUserCode(seen) && TryTake(seen))
            {
                Give();
            }
        }
    }

    /// <summary>By user code that is about to wait.</summary>
    public void HandOff()
    {
        if (_entered.TryGetValue(Environment.CurrentManagedThreadId, out long entered) && TryTake(entered))
        {
            Give();
        }
    }

    protected sealed override bool IsToRunHere(ILoopWork work) => true;

    protected sealed override void OnRunning() => Own();

    protected sealed override void OnEntered(long entered)
    {
        Own();
        _holder = 0;
        _entered[Environment.CurrentManagedThreadId] = entered;
        if (entered <= _lastEntered)
        {
            Fault("a sequence number of the role was used twice");
        }

        _lastEntered = entered;
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

    private void Give()
    {
        if (_isFree)
        {
            Fault("the role was given to two threads");
        }

        _isFree = true;
    }
}
