using System.Diagnostics;

namespace SocketKit.Load;

/// <summary>The processor time of the calling thread; elsewhere than on Linux the wall clock.</summary>
internal static class ThreadClock
{
    /// <summary>CLOCK_THREAD_CPUTIME_ID (linux/time.h).</summary>
    private const int ThreadProcessorTime = 3;

    public static long Nanoseconds
    {
        get
        {
            if (!OperatingSystem.IsLinux())
            {
                return (long)Stopwatch.GetElapsedTime(0).TotalNanoseconds;
            }

            return KernelClock.Nanoseconds(ThreadProcessorTime) ?? 0;
        }
    }
}
