namespace SocketKit.Engine.Linux.Loops;

/// <summary>How many of a server's connections are slow at this moment: a new one will hardly be another kind.</summary>
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
