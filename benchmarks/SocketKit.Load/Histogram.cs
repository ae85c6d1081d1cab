using System.Diagnostics;
using System.Numerics;

namespace SocketKit.Load;

/// <summary>Counts durations with a relative error below 1/32. Any number of threads may add.</summary>
internal sealed class Histogram
{
    /// <summary>Each power of two is cut into this many equal parts.</summary>
    private const int PartBits = 5;
    private const int Parts = 1 << PartBits;

    private readonly long[] _counts = new long[(64 - PartBits + 1) * Parts];

    public void Add(long ticks) => Interlocked.Increment(ref _counts[IndexOf((ulong)Math.Max(0, ticks))]);

    public void Clear() => Array.Clear(_counts);

    /// <summary>The duration in microseconds that a share of all was below or at.</summary>
    public double Microseconds(double share)
    {
        long total = _counts.Sum();
        long rank = Math.Max(1, (long)Math.Ceiling(total * share));
        long seen = 0;
        for (int i = 0; i < _counts.Length && total > 0; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
            {
                return MiddleOf(i) * 1e6 / Stopwatch.Frequency;
            }
        }

        return 0;
    }

    private static int IndexOf(ulong value)
    {
        if (value < Parts)
        {
            return (int)value;
        }

        int shift = BitOperations.Log2(value) - PartBits;
        return ((shift + 1) << PartBits) + (int)((value >> shift) - Parts);
    }

    private static double MiddleOf(int index)
    {
        if (index < Parts)
        {
            return index;
        }

        int shift = (index >> PartBits) - 1;
        return (double)(Parts + (index & (Parts - 1)) + 0.5) * Math.Pow(2, shift);
    }
}
