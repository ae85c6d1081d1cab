using System.Diagnostics;

namespace SocketKit.Load;

/// <summary>What this process has used up to a moment.</summary>
internal readonly record struct Usage(long Time, TimeSpan Processor, long AllocatedBytes)
{
    /// <summary>
    /// The allocated bytes are exact to some 8 KiB per thread. An exact figure stops all threads, which would be measured as well.
    /// </summary>
    public static Usage Now() =>
        new(Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: false));

    public double SecondsSince(Usage before) => Stopwatch.GetElapsedTime(before.Time, Time).TotalSeconds;

    public double MicrosecondsOfProcessorSince(Usage before) => (Processor - before.Processor).TotalMicroseconds;

    /// <summary>Percent of one processor.</summary>
    public double PercentSince(Usage before) => MicrosecondsOfProcessorSince(before) / 1e4 / SecondsSince(before);

    public long AllocatedSince(Usage before) => AllocatedBytes - before.AllocatedBytes;
}
