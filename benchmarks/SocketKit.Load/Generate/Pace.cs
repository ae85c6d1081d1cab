namespace SocketKit.Load;

/// <summary>Waiting of the thread that conducts a run.</summary>
internal static class Pace
{
    /// <summary>How long a wait may be: the clock, standard input and failures have to be looked at now and then.</summary>
    public const long Longest = 20 * Clock.Millisecond;

    /// <summary>A sleep may end so much late (Windows counts it in ticks of 15.6 ms), so the rest of a wait is polled.</summary>
    private static readonly long s_lateness = (OperatingSystem.IsWindows() ? 16 : 1) * Clock.Millisecond;

    /// <summary>Sleeps, at most until that moment. It may be late by some milliseconds.</summary>
    public static void SleepUntil(long moment)
    {
        long left = Math.Min(moment - Clock.Now, Longest);
        Thread.Sleep((int)Math.Max(1, left / Clock.Millisecond));
    }

    /// <summary>Waits, at most until that moment, and is not late while a processor is free.</summary>
    public static void PollUntil(long moment)
    {
        long left = Math.Min(moment - Clock.Now, Longest) - s_lateness;
        if (left >= Clock.Millisecond)
        {
            Thread.Sleep((int)(left / Clock.Millisecond));
        }
        else
        {
            // Lets the threads work that receive, where they share the processor.
            Thread.Yield();
        }
    }
}
