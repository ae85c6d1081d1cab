using HdrHistogram;

namespace SocketKit.Load;

/// <summary>
/// Durations in nanoseconds, counted by several threads at once. Percentiles have an error below 0.1 %, the longest none.
/// </summary>
internal sealed class Latencies
{
    private const int Digits = 3;
    private const long Longest = 3600 * Clock.Second;

    private readonly HistogramBase _histogram = HistogramFactory.With64BitBucketSize()
        .WithValuesUpTo(Longest)
        .WithPrecisionOf(Digits)
        .WithThreadSafeWrites()
        .Create();

    private long _longest;

    public double LongestMicroseconds => (double)Volatile.Read(ref _longest) / Clock.Microsecond;

    public void Add(long nanoseconds)
    {
        _histogram.RecordValue(Math.Clamp(nanoseconds, 1, Longest));
        long longest;
        while (nanoseconds > (longest = Volatile.Read(ref _longest)))
        {
            Interlocked.CompareExchange(ref _longest, nanoseconds, longest);
        }
    }

    public double Microseconds(double percentile) => _histogram.TotalCount == 0
        ? 0
        : Math.Min((double)_histogram.GetValueAtPercentile(percentile) / Clock.Microsecond, LongestMicroseconds);
}
