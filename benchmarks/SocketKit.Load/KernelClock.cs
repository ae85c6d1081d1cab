using System.Runtime.InteropServices;

namespace SocketKit.Load;

/// <summary>The clocks of the Linux kernel.</summary>
internal static partial class KernelClock
{
    /// <summary>Reads a clock; null if there is no such clock (any more).</summary>
    public static long? Nanoseconds(int clock) =>
        GetTime(clock, out Time time) == 0 ? (time.Seconds * 1_000_000_000L) + time.Nanoseconds : null;

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
