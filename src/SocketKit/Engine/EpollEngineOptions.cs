namespace SocketKit;

/// <summary>Options of <see cref="SocketEngine.CreateEpoll"/>. They are checked and copied there; later changes have no effect.</summary>
public sealed class EpollEngineOptions
{
    /// <summary>Each loop occupies one thread; more loops than processors never help.</summary>
    internal const int MostLoops = 64;

    /// <summary>How many loops share the connections. Each loop occupies one thread for the life of the process.</summary>
    /// <value>1 to 64. Null by default: half the number of processors, which leaves the others to the peers and to slow handlers.</value>
    public int? Loops { get; set; }

    /// <summary>Whether the loops poll for a short while before they sleep.</summary>
    /// <value><see cref="BusyPoll.Auto"/> by default.</value>
    public BusyPoll BusyPoll { get; set; }

    internal int LoopsOrDefault => Loops ?? Math.Clamp(Environment.ProcessorCount / 2, 1, MostLoops);

    internal void Validate()
    {
        if (Loops is < 1 or > MostLoops)
        {
            throw new ArgumentOutOfRangeException(nameof(Loops), Loops, $"1 to {MostLoops}.");
        }
    }
}
