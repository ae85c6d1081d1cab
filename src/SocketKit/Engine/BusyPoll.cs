using System.Globalization;

namespace SocketKit;

/// <summary>
/// Whether a loop of the epoll engine polls for a short while before it sleeps. Waking a sleeping thread takes 20 to 50 µs. A poll that
/// finds an event saves that time; a poll that finds none wastes processor time.
/// </summary>
public readonly record struct BusyPoll
{
    /// <summary>Far above the cost of a wake-up. With a longer poll the loop would never sleep.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(1);

    private BusyPoll(TimeSpan time) => Time = time;

    /// <summary>
    /// Polls for 30 µs where polling has paid off lately. Polls that find nothing take at most a twentieth of the time. The default.
    /// </summary>
    public static BusyPoll Auto => default;

    /// <summary>Never polls: the least processor time.</summary>
    public static BusyPoll Off => new(TimeSpan.Zero);

    /// <summary>How long a loop polls; zero for never, null if the loop decides.</summary>
    internal TimeSpan? Time { get; }

    /// <summary>
    /// Polls for this long before every sleep, whether it pays off or not: the least latency on a machine with processors to spare.
    /// </summary>
    /// <param name="time">How long to poll; above zero and at most 1 ms.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is out of this range.</exception>
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
