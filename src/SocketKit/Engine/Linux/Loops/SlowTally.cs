namespace SocketKit.Engine.Linux.Loops;

/// <summary>Counts the slow connections of a server. If many are slow, a new connection is expected to be slow, too.</summary>
internal sealed class SlowTally
{
    private const int Many = 4;

    private int _slow;

    public bool ExpectsSlow => Volatile.Read(ref _slow) >= Many;

    public void Add(int slow)
    {
        if (slow != 0)
        {
            Interlocked.Add(ref _slow, slow);
        }
    }
}
