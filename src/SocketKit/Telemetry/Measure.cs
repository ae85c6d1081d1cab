using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SocketKit.Telemetry;

/// <summary>
/// Pushes measurements to listeners, whose callbacks are application code. What they throw is swallowed, so that it ends neither an accept
/// loop nor a connection. Callers hold no lock, and have asked whether the instrument is enabled.
/// </summary>
internal static class Measure
{
    public static void Add(Counter<long> counter, in TagList tags)
    {
        try
        {
            counter.Add(1, tags);
        }
        catch (Exception)
        {
            // A listener's callback threw; nothing else changes.
        }
    }

    public static void Add(UpDownCounter<long> counter, long delta, in TagList tags)
    {
        try
        {
            counter.Add(delta, tags);
        }
        catch (Exception)
        {
            // A listener's callback threw. Other listeners may have been told, so the counterpart follows all the same.
        }
    }

    public static void Record(Histogram<double> histogram, TimeSpan time, in TagList tags)
    {
        try
        {
            histogram.Record(time.TotalSeconds, tags);
        }
        catch (Exception)
        {
            // A listener's callback threw; nothing else changes.
        }
    }
}
