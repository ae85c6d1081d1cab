namespace SocketKit.Engine.Linux.Loops;

/// <summary>What the connections of a server have in common: what a new connection is expected to do.</summary>
internal sealed class PaceTally
{
    /// <summary>With so many connections that wait, a new one is expected to wait, too.</summary>
    private const int Many = 4;

    /// <summary>The weight of a run in the average is one in so many.</summary>
    private const int Weight = 16;

    private int _waiting;
    private int _average;

    /// <summary>Whether work gains from several threads.</summary>
    public SharingTrial Sharing { get; } = new(Environment.ProcessorCount);

    public bool ExpectsWaits => Volatile.Read(ref _waiting) >= Many;

    /// <summary>The average time of the timed runs of all connections, in nanoseconds.</summary>
    public int Average => Volatile.Read(ref _average);

    /// <summary>Connections that have begun to wait, less those that no longer do.</summary>
    public void AddWaiting(int connections)
    {
        if (connections != 0)
        {
            Interlocked.Add(ref _waiting, connections);
        }
    }

    /// <summary>A timed run. Two threads may note at a time; then one of the two notes is lost.</summary>
    public void Note(int nanoseconds)
    {
        int average = _average;
        Volatile.Write(ref _average, average + ((nanoseconds - average) / Weight));
    }
}
