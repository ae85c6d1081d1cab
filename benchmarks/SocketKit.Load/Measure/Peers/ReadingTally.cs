using System.Diagnostics;
using System.Globalization;

namespace SocketKit.Load;

/// <summary>What all peers of this process have received. One thread counts.</summary>
/// <param name="first">The number of the first message whose latency counts.</param>
internal sealed class ReadingTally(long first)
{
    private readonly Latencies _latencies = new();
    private long _messages;

    public long Errors { get; private set; }

    public void CountMessage(MessageHead head, long now)
    {
        _messages++;
        if (head.Number >= first)
        {
            _latencies.Add(Clock.Of(Stopwatch.GetElapsedTime(head.Due, now)));
        }
    }

    public void CountError(string what)
    {
        if (Errors++ == 0)
        {
            // The first one is enough to see what is wrong.
            Console.Error.WriteLine(what);
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"messages={_messages} p50_us={_latencies.Microseconds(50):F1} p99_us={_latencies.Microseconds(99):F1} "
        + $"p999_us={_latencies.Microseconds(99.9):F1} max_us={_latencies.LongestMicroseconds:F1} errors={Errors}");
}
