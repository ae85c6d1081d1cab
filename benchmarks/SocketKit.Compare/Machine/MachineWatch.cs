using System.Diagnostics;

namespace SocketKit.Compare;

/// <summary>What happens on the machine between two moments, in processors.</summary>
internal sealed class MachineWatch
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly CpuTimes? _times = CpuTimes.Read();
    private readonly TimeSpan _own = Environment.CpuUsage.TotalTime;

    /// <returns>Null where the system does not say.</returns>
    public MachineUse? Stop()
    {
        if (_times is null || CpuTimes.Read() is not { } now)
        {
            return null;
        }

        double seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        double own = (Environment.CpuUsage.TotalTime - _own).TotalSeconds;
        return new MachineUse(Math.Max(0, now.Busy - _times.Busy - own) / seconds, (now.Stolen - _times.Stolen) / seconds);
    }
}

/// <summary>Processors that were used, this program apart.</summary>
/// <param name="Busy">By all processes.</param>
/// <param name="Stolen">By other guests of the host.</param>
internal sealed record MachineUse(double Busy, double Stolen)
{
    /// <returns>What other processes used, if the figures say what server and generator did; else null.</returns>
    public double? OtherThan(IReadOnlyDictionary<string, double> figures) =>
        figures.TryGetValue(Keys.ServerCpu, out double server) && figures.TryGetValue(Keys.LoadCpu, out double load)
            ? Math.Max(0, Busy - server - load)
            : null;
}
