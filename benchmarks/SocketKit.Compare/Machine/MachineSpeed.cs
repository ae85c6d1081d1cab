using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SocketKit.Compare;

/// <summary>How fast the machine is now, by a computation that is always the same.</summary>
internal static class MachineSpeed
{
    private const int Steps = 8_000_000;
    private const int Times = 3;

    /// <summary>Million steps per second, the best of three: what another program took of it does not count.</summary>
    public static double Measure()
    {
        TimeSpan best = TimeSpan.MaxValue;
        for (int i = 0; i < Times; i++)
        {
            long started = Stopwatch.GetTimestamp();
            ulong end = Compute(Steps);
            TimeSpan time = Stopwatch.GetElapsedTime(started);
            // The result has to be used, or the computation might be left out.
            best = end != 0 && time < best ? time : best;
        }

        return Steps / best.TotalSeconds / 1e6;
    }

    /// <summary>Each step needs the one before, so only the clock of the processor matters. Compiled once, in full.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static ulong Compute(int steps)
    {
        ulong value = 1;
        for (int i = 0; i < steps; i++)
        {
            // The generator of Knuth's MMIX.
            value = (value * 6364136223846793005) + 1442695040888963407;
        }

        return value | 1;
    }
}
