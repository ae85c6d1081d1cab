using System.Diagnostics;
using System.Globalization;
using HdrHistogram;

namespace SocketKit.Load;

/// <summary>What all connections of a run count together: first to warm up, then for the figures.</summary>
internal sealed class Measurement(TimeSpan warmUp, TimeSpan duration)
{
    /// <summary>Percentiles are right to three digits.</summary>
    private const int Digits = 3;

    private static readonly long s_longest = Stopwatch.Frequency * 3600;

    private readonly Recorder _recorder = HistogramFactory.With64BitBucketSize()
        .WithValuesUpTo(s_longest)
        .WithPrecisionOf(Digits)
        .WithThreadSafeWrites()
        .WithThreadSafeReads()
        .Create();

    private HistogramBase? _latencies;
    private long _errors;
    private double _seconds = 1;
    private volatile bool _ended;

    /// <summary>From here on nothing new is sent; what is under way still comes back.</summary>
    public bool HasEnded => _ended;

    public long Errors => Volatile.Read(ref _errors);

    public double MessagesPerSecond => (_latencies?.TotalCount ?? 0) / _seconds;

    public void CountMessage(long sentAt)
    {
        if (!_ended)
        {
            _recorder.RecordValue(Math.Clamp(Stopwatch.GetTimestamp() - sentAt, 1, s_longest));
        }
    }

    public void CountError(string what)
    {
        if (Interlocked.Increment(ref _errors) == 1)
        {
            // The first one is enough to see what is wrong.
            Console.Error.WriteLine(what);
        }
    }

    /// <summary>Keeps the time while the connections run. The token ends it early.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(warmUp, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _recorder.Reset();
        long started = Stopwatch.GetTimestamp();
        await Task.Delay(duration, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended = true;
        _seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        _latencies = _recorder.GetIntervalHistogram();
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seconds={_seconds:F3} msgs_per_s={MessagesPerSecond:F0} p50_us={Microseconds(50):F1} p99_us={Microseconds(99):F1} "
        + $"p999_us={Microseconds(99.9):F1} max_us={Microseconds(100):F1} errors={Errors}");

    private double Microseconds(double percentile) =>
        _latencies is { TotalCount: > 0 } ? _latencies.GetValueAtPercentile(percentile) * 1e6 / Stopwatch.Frequency : 0;
}
