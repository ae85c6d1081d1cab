using System.Diagnostics;
using System.Globalization;

namespace SocketKit.Load;

/// <summary>What all connections of a run count together: first to warm up, then for the figures.</summary>
internal sealed class Measurement(TimeSpan warmUp, TimeSpan duration)
{
    private readonly Histogram _latencies = new();
    private long _messages;
    private long _errors;
    private long _measured;
    private double _seconds = 1;
    private volatile bool _ended;

    /// <summary>From here on nothing new is sent; what is under way still comes back.</summary>
    public bool HasEnded => _ended;

    public long Errors => Volatile.Read(ref _errors);

    public double MessagesPerSecond => _measured / _seconds;

    public void CountMessage(long sentAt)
    {
        if (!_ended)
        {
            Interlocked.Increment(ref _messages);
            _latencies.Add(Stopwatch.GetTimestamp() - sentAt);
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

    /// <summary>Keeps the time while the connections run. The token cuts it short.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(warmUp, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _latencies.Clear();
        long before = Volatile.Read(ref _messages);
        long started = Stopwatch.GetTimestamp();
        await Task.Delay(duration, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended = true;
        _seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        _measured = Volatile.Read(ref _messages) - before;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seconds={_seconds:F3} msgs_per_s={MessagesPerSecond:F0} p50_us={_latencies.Microseconds(0.5):F1} " +
        $"p99_us={_latencies.Microseconds(0.99):F1} p999_us={_latencies.Microseconds(0.999):F1} max_us={_latencies.Microseconds(1):F1} "
        + $"errors={Errors}");
}
