using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SocketKit.Load;

/// <summary>The processor time of the calling thread; elsewhere than on Linux the wall clock.</summary>
internal static partial class ThreadClock
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

            _ = GetTime(ThreadProcessorTime, out Time time);
            return (time.Seconds * 1_000_000_000L) + time.Nanoseconds;
        }
    }

    /// <summary>clock_gettime(2).</summary>
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Time time);

    /// <summary>struct timespec (time.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
