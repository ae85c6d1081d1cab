namespace SocketKit.IntegrationTests.Kit;

/// <summary>A clock that stands still until the test moves it, so that no test sleeps for a time-out.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public bool IsWaitedFor => NextDue() is not null;

    public TimeSpan Elapsed => TimeSpan.FromTicks(GetTimestamp());

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Fires what is due by then.</summary>
    public void Advance(TimeSpan by)
    {
        ManualTimer[] due;
        lock (_lock)
        {
            _now += by.Ticks;
            due = [.. _timers.Where(timer => timer.Due <= _now)];
            _timers.RemoveAll(timer => timer.Due <= _now);
        }

        Array.ForEach(due, static timer => timer.Fire());
    }

    /// <summary>Waits until somebody waits for this clock.</summary>
    public Task WaitedForAsync() => Eventually.BeTrueAsync(() => NextDue() is not null, "somebody waits for the clock");

    /// <summary>Waits until somebody waits for this clock, and moves it to the first timer.</summary>
    public async Task AdvanceToNextAsync()
    {
        await WaitedForAsync();
        if (NextDue() is { } due)
        {
            Advance(TimeSpan.FromTicks(due - GetTimestamp()));
        }
    }

    /// <summary>Moves from timer to timer until the task ends; for whoever waits for nothing else than the clock.</summary>
    public Task RunUntilAsync(Task task) => Eventually.BeTrueAsync(
        () =>
        {
            if (NextDue() is { } due)
            {
                Advance(TimeSpan.FromTicks(due - GetTimestamp()));
            }

            return task.IsCompleted;
        },
        "nothing but the clock keeps it from ending");

    private long? NextDue()
    {
        lock (_lock)
        {
            return _timers.Count > 0 ? _timers.Min(static timer => timer.Due) : null;
        }
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        public long Due { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                clock._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = clock._now + dueTime.Ticks;
                    clock._timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
