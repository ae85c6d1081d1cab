using System.Diagnostics.Metrics;

namespace SocketKit.Telemetry;

/// <summary>
/// What the engines of the process tell. All of it is read when somebody looks, so that no listener runs on a thread of an engine. Loops
/// are numbered over all engines, because a process may have several.
/// </summary>
internal static class EngineMeasures
{
    private static readonly Lock s_lock = new();
    private static readonly List<IEngineMeasures> s_engines = [];

    /// <summary>Whether anybody wants to know how busy loops are. Loops ask before each wait.</summary>
    public static bool AreLoopsTimed => Instruments.LoopUtilization.Enabled;

    /// <summary>An engine is being made, whose loops do not run yet. It lives as long as the process.</summary>
    public static void Add(IEngineMeasures engine)
    {
        // The instruments are made on this thread, because listeners are told of them.
        _ = AreLoopsTimed;
        lock (s_lock)
        {
            s_engines.Add(engine);
        }
    }

    /// <summary>The engine could not be made.</summary>
    public static void Remove(IEngineMeasures engine)
    {
        lock (s_lock)
        {
            s_engines.Remove(engine);
        }
    }

    public static IEnumerable<Measurement<long>> ObserveTakeovers() => Observe<long>(static loop => loop.Takeovers);

    public static IEnumerable<Measurement<double>> ObserveUtilization() => Observe(static loop => loop.LookAtUtilization());

    public static IEnumerable<Measurement<long>> ObserveThreads()
    {
        lock (s_lock)
        {
            return [new(s_engines.Sum(static engine => (long)engine.ThreadCount))];
        }
    }

    private static List<Measurement<TValue>> Observe<TValue>(Func<ILoopMeasures, TValue?> look)
        where TValue : struct
    {
        var measurements = new List<Measurement<TValue>>();
        lock (s_lock)
        {
            int number = 0;
            foreach (ILoopMeasures loop in s_engines.SelectMany(static engine => engine.Loops))
            {
                if (look(loop) is { } value)
                {
                    measurements.Add(new(value, new KeyValuePair<string, object?>(AttributeNames.Loop, number)));
                }

                number++;
            }
        }

        return measurements;
    }
}
