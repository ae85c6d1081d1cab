namespace SocketKit.Diagnostics;

/// <summary>Permits one log line per interval, so that a flood of the same fault does not become a flood of lines.</summary>
/// <param name="clock">The system's clock, except in tests.</param>
internal sealed class LogRate(TimeProvider clock)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    private long _next = long.MinValue;
    private int _events;

    /// <summary>Counts an event. True if a line is due.</summary>
    /// <param name="events">The number of events since the last line, including this one.</param>
    public bool ShouldLog(out int events)
    {
        Interlocked.Increment(ref _events);
        long now = clock.GetTimestamp();
        long next = Volatile.Read(ref _next);
        long later = now + (long)(s_interval.TotalSeconds * clock.TimestampFrequency);
        bool isDue = now >= next && Interlocked.CompareExchange(ref _next, later, next) == next;
        events = isDue ? Interlocked.Exchange(ref _events, 0) : 0;
        return isDue;
    }
}
