using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Telemetry;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>The loops of an engine, and the choice of the loop for a new connection.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollLoops : IEngineMeasures
{
    private readonly EpollLoop[] _loops;

    /// <param name="engine">The engine whose loops these are.</param>
    /// <param name="count">How many loops.</param>
    /// <param name="busyPoll">Whether they poll before they sleep.</param>
    /// <param name="mostThreads">The most threads of all loops together; tests set it low.</param>
    /// <param name="hasMonitor">False only in tests.</param>
    /// <exception cref="SocketException">The system refuses epoll, a descriptor or a thread; nothing is left open.</exception>
    public EpollLoops(SocketEngine engine, int count, BusyPoll busyPoll, int mostThreads = SpareThreads.Most, bool hasMonitor = true)
    {
        Engine = engine;
        BlockingWait.Use(EpollLoop.HandOff);
        _loops = new EpollLoop[count];
        Spares = new SpareThreads(mostThreads);
        Threads = new LoopThreads(Spares, Environment.ProcessorCount);
        Monitor = new LoopMonitor(_loops);
        int made = 0;
        int started = 0;

        EngineMeasures.Add(this);
        try
        {
            for (; made < count; made++)
            {
                _loops[made] = new EpollLoop(this, busyPoll);
            }

            for (; started < count; started++)
            {
                ThrowUnless(_loops[started].TryStart());
            }

            ThrowUnless(!hasMonitor || Monitor.TryStart());
        }
        catch (SocketException)
        {
            // The engine could not be made, so the threads of its loops end, and their descriptors are closed.
            EngineMeasures.Remove(this);
            for (int i = 0; i < made; i++)
            {
                _loops[i].Stop(isRunning: i < started);
            }

            Spares.Stop();
            throw;
        }

        Spares.KeepReserve();
    }

    /// <summary>The engine whose loops these are.</summary>
    public SocketEngine Engine { get; }

    /// <summary>The threads that can run user code.</summary>
    public SpareThreads Spares { get; }

    /// <summary>Those of them that run the loops.</summary>
    public LoopThreads Threads { get; }

    public LoopMonitor Monitor { get; }

    int IEngineMeasures.ThreadCount => Spares.Alive + (Monitor.IsStarted ? 1 : 0);

    /// <summary>While the engine is being made it does not have all of them.</summary>
    IEnumerable<ILoopMeasures> IEngineMeasures.Loops => _loops.OfType<ILoopMeasures>();

    /// <summary>Called on a loop: whether another thread that runs it would have a processor to itself.</summary>
    public bool HasFreeProcessor(EpollLoop caller)
    {
        int asleep = 0;
        foreach (EpollLoop loop in _loops)
        {
            asleep += loop != caller && LoopRole<FreeStep>.IsAsleep(loop.Role) ? 1 : 0;
        }

        return Threads.HasFreeProcessor(asleep);
    }

    /// <summary>
    /// A connection that a handler opens stays on the handler's loop, so that both sides of a proxy share it. Others go to the loop with
    /// the fewest connections.
    /// </summary>
    public EpollLoop Choose()
    {
        if (EpollLoop.Home is { } home && Array.IndexOf(_loops, home) >= 0)
        {
            return home;
        }

        return ChooseLeast();
    }

    /// <summary>The loop with the fewest connections, whichever thread asks.</summary>
    public EpollLoop ChooseLeast()
    {
        EpollLoop least = _loops[0];
        for (int i = 1; i < _loops.Length; i++)
        {
            least = _loops[i].Load < least.Load ? _loops[i] : least;
        }

        return least;
    }

    private static void ThrowUnless(bool hasStarted)
    {
        if (!hasStarted)
        {
            throw new SocketException((int)SocketError.NoBufferSpaceAvailable, "No thread for a loop can be started.");
        }
    }
}
