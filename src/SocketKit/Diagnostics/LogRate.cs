namespace SocketKit.Diagnostics;

/// <summary>Lets one log line through per interval, so that a flood of the same fault does not become a flood of lines.</summary>
internal sealed class LogRate
{
    private const long IntervalMilliseconds = 5000;

    private long _next = long.MinValue;

    public bool ShouldLog()
    {
        long now = Environment.TickCount64;
        long next = Volatile.Read(ref _next);
        return now >= next && Interlocked.CompareExchange(ref _next, now + IntervalMilliseconds, next) == next;
    }
}
