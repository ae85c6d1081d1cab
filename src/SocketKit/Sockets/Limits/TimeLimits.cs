namespace SocketKit.Sockets.Limits;

/// <summary>
/// The time limits of a server's connections, counted in looks: how often in a row the sweep finds that nothing has moved. The time between
/// two looks is a quarter of the shortest limit, and at most a second.
/// </summary>
internal sealed class TimeLimits
{
    /// <summary>What no number of looks reaches.</summary>
    public const int Never = int.MaxValue;

    private const int LooksPerLimit = 4;
    private static readonly TimeSpan s_longestInterval = TimeSpan.FromSeconds(1);

    /// <summary>The resolution of .NET's timers.</summary>
    private static readonly TimeSpan s_shortestInterval = TimeSpan.FromMilliseconds(1);

    /// <param name="firstByte">How long a connection may be without its first byte.</param>
    /// <param name="idle">How long no byte may move.</param>
    /// <param name="stall">How long a send may wait without progress.</param>
    public TimeLimits(TimeSpan firstByte, TimeSpan idle, TimeSpan stall)
    {
        TimeSpan shortest = TimeSpan.MaxValue;
        foreach (TimeSpan limit in (ReadOnlySpan<TimeSpan>)[firstByte, idle, stall])
        {
            shortest = limit != Timeout.InfiniteTimeSpan && limit < shortest ? limit : shortest;
        }

        IsAny = shortest != TimeSpan.MaxValue;
        TimeSpan quarter = shortest / LooksPerLimit;

        // It divides the shortest limit, so that this limit is late by less than one interval.
        double looks = Math.Ceiling(shortest / (quarter < s_longestInterval ? quarter : s_longestInterval));
        var interval = TimeSpan.FromTicks((long)Math.Ceiling(shortest.Ticks / looks));
        Interval = interval < s_shortestInterval ? s_shortestInterval : interval;
        Idle = LooksIn(idle);
        FirstByte = Math.Min(LooksIn(firstByte), Idle);
        Stall = LooksIn(stall);
    }

    /// <summary>Whether any limit is finite.</summary>
    public bool IsAny { get; }

    /// <summary>The time between two looks.</summary>
    public TimeSpan Interval { get; }

    /// <summary>For a connection without its first byte; idle connections are among these.</summary>
    public int FirstByte { get; }

    /// <summary>For a connection on which no byte moves.</summary>
    public int Idle { get; }

    /// <summary>For a send that waits.</summary>
    public int Stall { get; }

    private int LooksIn(TimeSpan limit) =>
        limit == Timeout.InfiniteTimeSpan ? Never : (int)Math.Min(Math.Ceiling(limit / Interval), Never - 1);
}
