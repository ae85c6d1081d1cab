using System.Diagnostics.Metrics;

namespace SocketKit.Telemetry;

/// <summary>
/// Counts the datagrams of the process. Any number of threads may send on one socket, so each thread has counts of its own, which cost no
/// interlocked addition, and the sums are made when somebody looks. They never decrease.
/// </summary>
internal static class DatagramSums
{
    /// <summary>With fewer threads none is looked for that has ended.</summary>
    private const int FewThreads = 64;

    [ThreadStatic]
    private static Counts? s_own;

    private static readonly Lock s_lock = new();
    private static readonly List<Counts> s_all = [];
    private static readonly Counts s_ended = new(thread: null);
    private static int s_sweepAt = FewThreads;

    public static void Receive(int count, int truncated)
    {
        Counts own = s_own ?? Join();
        Volatile.Write(ref own.Received, own.Received + count);
        if (truncated > 0)
        {
            Volatile.Write(ref own.Truncated, own.Truncated + truncated);
        }
    }

    public static void Send(int count)
    {
        Counts own = s_own ?? Join();
        Volatile.Write(ref own.Sent, own.Sent + count);
    }

    public static IEnumerable<Measurement<long>> Observe()
    {
        Counts sum = Read();
        return [Directions.Received(sum.Received), Directions.Sent(sum.Sent)];
    }

    public static IEnumerable<Measurement<long>> ObserveDropped()
    {
        var measurements = new List<Measurement<long>>
        {
            new(Read().Truncated, new KeyValuePair<string, object?>(AttributeNames.Reason, "truncated")),
        };
        if (OperatingSystem.IsLinux())
        {
            measurements.Add(new(QueueDrops.Total, new KeyValuePair<string, object?>(AttributeNames.Reason, "receive_queue_full")));
        }

        return measurements;
    }

    private static Counts Read()
    {
        var sum = new Counts(thread: null);
        lock (s_lock)
        {
            sum.Add(s_ended);
            s_all.ForEach(sum.Add);
        }

        return sum;
    }

    private static Counts Join()
    {
        var own = new Counts(Thread.CurrentThread);
        lock (s_lock)
        {
            if (s_all.Count >= s_sweepAt)
            {
                Sweep();
            }

            s_all.Add(own);
        }

        return s_own = own;
    }

    /// <summary>Moves the counts of threads that have ended, so that they do not add up in a process that starts many.</summary>
    private static void Sweep()
    {
        s_all.RemoveAll(static counts =>
        {
            if (counts.IsFinal)
            {
                s_ended.Add(counts);
            }

            return counts.IsFinal;
        });
        s_sweepAt = Math.Max(FewThreads, 2 * s_all.Count);
    }

    /// <param name="thread">The only thread that counts here; null for a sum.</param>
    private sealed class Counts(Thread? thread)
    {
        public long Received;
        public long Sent;
        public long Truncated;

        public bool IsFinal => thread is { IsAlive: false };

        public void Add(Counts other)
        {
            Received += Volatile.Read(ref other.Received);
            Sent += Volatile.Read(ref other.Sent);
            Truncated += Volatile.Read(ref other.Truncated);
        }
    }
}
