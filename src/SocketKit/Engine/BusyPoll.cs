using System.Globalization;

namespace SocketKit;

/// <summary>
/// Whether a loop of the epoll engine polls for a while before it sleeps. Waking a sleeping thread takes 20 to 50 µs; a poll that finds something
/// saves them, and one that does not is processor time for nothing.
/// </summary>
public readonly record struct BusyPoll
{
    /// <summary>Far above what waking costs: who polls for longer never sleeps.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(1);

    private BusyPoll(TimeSpan time) => Time = time;

    /// <summary>30 µs where that has paid lately; at most a twentieth of the time is lost to polls in vain. The default.</summary>
    public static BusyPoll Auto => default;

    /// <summary>Never: the least processor time.</summary>
    public static BusyPoll Off => new(TimeSpan.Zero);

    /// <summary>How long; zero for never, null for the loop's own judgement.</summary>
    internal TimeSpan? Time { get; }

    /// <summary>Always for this long, whether it pays or not: the least latency on a machine with processors to spare.</summary>
    /// <param name="time">Above zero, and at most 1 ms.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is not.</exception>
    public static BusyPoll Fixed(TimeSpan time) => time > TimeSpan.Zero && time <= s_longest
        ? new(time)
        : throw new ArgumentOutOfRangeException(nameof(time), time, $"Above zero, and at most {s_longest.TotalMilliseconds} ms.");

    /// <summary>"auto", "off", or the time in microseconds.</summary>
    public override string ToString() => Time switch
    {
        null => "auto",
        { Ticks: 0 } => "off",
        { } time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMicroseconds:0.#} µs"),
    };
}
