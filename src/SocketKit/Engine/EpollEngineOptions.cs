namespace SocketKit;

/// <summary>Options of <see cref="SocketEngine.CreateEpoll"/>. They are checked and copied there; later changes have no effect.</summary>
public sealed class EpollEngineOptions
{
    /// <summary>Each loop has a thread that waits in the kernel, so more than processors are never faster.</summary>
    internal const int MostLoops = 64;

    /// <summary>How many loops share the connections; each one is a thread that lives as long as the process.</summary>
    /// <value>1 to 64. Null by default: half as many as there are processors, because the peers, or what handlers do aside, need some, too.</value>
    public int? Loops { get; set; }

    /// <summary>Whether the loops poll for a while before they sleep.</summary>
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
