using System.Net.Sockets;
using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>The loops of an engine, and which of them gets the next connection.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollLoops
{
    private readonly EpollLoop[] _loops;

    /// <exception cref="SocketException">The system refuses.</exception>
    public EpollLoops(SocketEngine engine, int count, BusyPoll busyPoll)
    {
        Engine = engine;
        _loops = new EpollLoop[count];
        for (int i = 0; i < count; i++)
        {
            _loops[i] = new EpollLoop(this, busyPoll);
        }

        Monitor = new LoopMonitor(_loops);
        foreach (EpollLoop loop in _loops)
        {
            if (!loop.TryStart())
            {
                throw new SocketException((int)SocketError.NoBufferSpaceAvailable, "No thread for a loop can be started.");
            }
        }

        Threads.KeepReserve();
    }

    /// <summary>The engine whose loops these are.</summary>
    public SocketEngine Engine { get; }

    public SpareThreads Threads { get; } = new();

    public LoopMonitor Monitor { get; }

    /// <summary>A connection that a handler opens stays on the handler's loop, so that a proxy's two sides share it; others go where least is.</summary>
    public EpollLoop Choose()
    {
        if (EpollLoop.Current is { } current && Array.IndexOf(_loops, current) >= 0)
        {
            return current;
        }

        return ChooseLeast();
    }

    /// <summary>The loop with the fewest connections, whoever asks.</summary>
    public EpollLoop ChooseLeast()
    {
        EpollLoop least = _loops[0];
        for (int i = 1; i < _loops.Length; i++)
        {
            least = _loops[i].Load < least.Load ? _loops[i] : least;
        }

        return least;
    }
}
