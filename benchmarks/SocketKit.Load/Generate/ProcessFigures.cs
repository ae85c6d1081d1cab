using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SocketKit.Load;

/// <summary>What a process uses.</summary>
internal static partial class ProcessFigures
{
    /// <summary>User and system time of this process in nanoseconds.</summary>
    public static long OwnProcessorTime() => Clock.Of(Environment.CpuUsage.TotalTime);

    /// <summary>User and system time of all threads of a process in nanoseconds; null where the system does not tell.</summary>
    public static long? ProcessorTime(int process)
    {
        // The kernel's clock of a process counts what /proc/PID/stat counts, but not in ticks of 10 ms.
        if (OperatingSystem.IsLinux())
        {
            return GetProcessClock(process, out int clock) == 0 && KernelClock.Nanoseconds(clock) is { } nanoseconds
                ? nanoseconds
                : throw DoesNotRun(process);
        }

        return Ask(process, static running => Clock.Of(running.TotalProcessorTime));
    }

    /// <summary>Resident memory of a process in bytes; null where the system does not tell.</summary>
    public static long? ResidentBytes(int process) => Ask(process, static running => running.WorkingSet64);

    private static long? Ask(int process, Func<Process, long> question)
    {
        try
        {
            using var running = Process.GetProcessById(process);
            return question(running);
        }
        catch (ArgumentException)
        {
            // No process has this number.
            throw DoesNotRun(process);
        }
        catch (InvalidOperationException)
        {
            // It has ended between the two calls.
            throw DoesNotRun(process);
        }
        catch (PlatformNotSupportedException)
        {
            // This system does not tell: the figure is left out.
            return null;
        }
    }

    private static GenerateException DoesNotRun(int process) => new($"process {process} does not run");

    /// <summary>clock_getcpuclockid(3).</summary>
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "clock_getcpuclockid")]
    private static partial int GetProcessClock(int process, out int clock);
}
