using System.Diagnostics;

namespace SocketKit.Load;

/// <summary>Nanoseconds that never go back, from the start of the program on.</summary>
internal static class Clock
{
    public const long Microsecond = 1_000;
    public const long Millisecond = 1_000_000;
    public const long Second = 1_000_000_000;

    private static readonly long s_start = Stopwatch.GetTimestamp();
    private static readonly double s_nanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    public static long Now => (long)((Stopwatch.GetTimestamp() - s_start) * s_nanosecondsPerTick);

    public static long Of(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
