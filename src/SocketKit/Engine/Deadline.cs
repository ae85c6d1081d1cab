using System.Diagnostics;

namespace SocketKit.Engine;

/// <summary>A point on the monotonic clock by which an operation has to end. Wall-clock steps do not move it.</summary>
internal readonly struct Deadline
{
    private const long Never = long.MaxValue;

    /// <summary>poll(2) and timers take an int of milliseconds; longer waits are split into chunks of this length.</summary>
    private const int LongestWaitMilliseconds = 2_000_000;

    private readonly long _timestamp;

    private Deadline(long timestamp) => _timestamp = timestamp;

    public static Deadline Infinite => new(Never);

    public bool IsInfinite => _timestamp == Never;

    public bool HasPassed => _timestamp != Never && Stopwatch.GetTimestamp() >= _timestamp;

    /// <summary>A deadline one time-out from now; infinite for <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public static Deadline After(TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return Infinite;
        }

        long now = Stopwatch.GetTimestamp();
        double ticks = timeout.Ticks * ((double)Stopwatch.Frequency / TimeSpan.TicksPerSecond);
        return ticks >= Never - now ? Infinite : new Deadline(now + (long)ticks);
    }

    public bool IsBefore(Deadline other) => _timestamp < other._timestamp;

    /// <summary>The time left, never negative; <see cref="Timeout.InfiniteTimeSpan"/> for an infinite deadline.</summary>
    public TimeSpan Remaining()
    {
        if (IsInfinite)
        {
            return Timeout.InfiniteTimeSpan;
        }

        long left = _timestamp - Stopwatch.GetTimestamp();
        return left <= 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(0, left);
    }

    /// <summary>Milliseconds to wait next, rounded up so that no wait ends early; −1 when there is no deadline.</summary>
    public int NextWaitMilliseconds()
    {
        if (IsInfinite)
        {
            return Timeout.Infinite;
        }

        long left = _timestamp - Stopwatch.GetTimestamp();
        if (left <= 0)
        {
            return 0;
        }

        double milliseconds = Math.Ceiling(left * (1000.0 / Stopwatch.Frequency));
        return milliseconds >= LongestWaitMilliseconds ? LongestWaitMilliseconds : Math.Max(1, (int)milliseconds);
    }
}
