using System.Runtime.CompilerServices;

namespace SocketKit.Sockets.Limits;

/// <summary>
/// One timer for all limits in the process. It runs only while something is swept. A late tick counts as one, so a process that was stopped
/// for an hour has missed one look. Ticks never overlap: nothing is looked at by two threads.
/// </summary>
internal sealed class Sweep : IDisposable
{
    /// <summary>One per clock: the system's clock, and those of tests.</summary>
    private static readonly ConditionalWeakTable<TimeProvider, Sweep> s_sweeps = [];

    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];
    private readonly ITimer _timer;
    private bool _isTicking;

    private Sweep(TimeProvider clock)
    {
        _clock = clock;

        // The timer must not carry the AsyncLocal values of whoever served the first connection.
        bool isSuppressed = ExecutionContext.IsFlowSuppressed();
        AsyncFlowControl flow = isSuppressed ? default : ExecutionContext.SuppressFlow();
        try
        {
            _timer = clock.CreateTimer(
                static sweep => ((Sweep)sweep!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            if (!isSuppressed)
            {
                flow.Undo();
            }
        }
    }

    public static Sweep By(TimeProvider clock) => s_sweeps.GetValue(clock, static clock => new Sweep(clock));

    /// <summary>
    /// Sweeps this until its look returns false. The caller sees to it that nothing is swept twice. It may be added again from then on,
    /// also during that look.
    /// </summary>
    public void Add(ISwept swept)
    {
        lock (_lock)
        {
            _entries.Add(new Entry(swept, TicksOf(swept.Interval)) { Due = _clock.GetTimestamp() + TicksOf(swept.Interval) });
            if (!_isTicking)
            {
                Arm();
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        Entry[] due;
        lock (_lock)
        {
            if (_isTicking)
            {
                // The timer had fired when it was set again. The thread that looks at this moment sets it when it has looked at all.
                return;
            }

            _isTicking = true;
            long now = _clock.GetTimestamp();
            due = [.. _entries.Where(entry => entry.Due <= now)];
        }

        foreach (Entry entry in due)
        {
            entry.IsOver = !Look(entry.Swept);
        }

        lock (_lock)
        {
            _isTicking = false;
            long now = _clock.GetTimestamp();
            foreach (Entry entry in due)
            {
                // By the schedule, so that late ticks do not add up. One that is late by a whole interval begins a new schedule.
                entry.Due += entry.Interval;
                entry.Due = entry.Due <= now ? now + entry.Interval : entry.Due;
            }

            _entries.RemoveAll(static entry => entry.IsOver);
            Arm();
        }
    }

    /// <summary>Whether it has to be looked at again.</summary>
    private static bool Look(ISwept swept)
    {
        try
        {
            return swept.Look();
        }
        catch (Exception)
        {
            // It may have no memory left. On the timer's thread the exception would end the process; the next look may succeed.
            return true;
        }
    }

    /// <summary>Called under the lock, and not while a tick is under way: its entries are due until it ends.</summary>
    private void Arm()
    {
        if (_entries.Count == 0)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        long next = _entries.Min(static entry => entry.Due);

        // .NET's timers take whole milliseconds. Rounded down, the timer would run before the look is due.
        double wait = Math.Ceiling(_clock.GetElapsedTime(_clock.GetTimestamp(), next).TotalMilliseconds);
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(0, wait)), Timeout.InfiniteTimeSpan);
    }

    private long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * _clock.TimestampFrequency);

    private sealed class Entry(ISwept swept, long interval)
    {
        public ISwept Swept => swept;

        public long Interval => interval;

        public long Due { get; set; }

        public bool IsOver { get; set; }
    }
}
