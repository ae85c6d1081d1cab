using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SocketKit.Engine;

namespace SocketKit.Diagnostics;

/// <summary>Makes one logger per factory and category, and uses the first one to report that an engine could not be had.</summary>
internal static class Loggers
{
    private static readonly ConditionalWeakTable<ILoggerFactory, ConcurrentDictionary<string, ILogger>> s_loggers = [];
    private static int s_engineReported;

    /// <summary>Never throws: a factory that does, because it was disposed for instance, means no log lines and nothing else.</summary>
    public static ILogger Create(ILoggerFactory? factory, string category, string? unavailableEngine, bool isFallback, SocketEngine engine)
    {
        if (factory is null)
        {
            return NullLogger.Instance;
        }

        ConcurrentDictionary<string, ILogger> loggers = s_loggers.GetValue(factory, static _ => new(StringComparer.Ordinal));
        if (loggers.TryGetValue(category, out ILogger? known))
        {
            return known;
        }

        if (MakeOrNull(factory, category) is not { } made)
        {
            return NullLogger.Instance;
        }

        ILogger logger = loggers.GetOrAdd(category, new GuardedLogger(made));
        if ((unavailableEngine is not null || isFallback) && Interlocked.Exchange(ref s_engineReported, 1) == 0)
        {
            Report(logger, unavailableEngine, engine);
        }

        return logger;
    }

    /// <summary>Louder when somebody has asked for an engine: then it is not what the application was set up for.</summary>
    internal static void Report(ILogger logger, string? unavailableEngine, SocketEngine engine)
    {
        if (unavailableEngine is null)
        {
            Log.EngineFellBack(logger, engine.Description);
        }
        else
        {
            Log.EngineUnavailable(logger, engine.Description, EngineSelector.KnownNames);
        }
    }

    private static ILogger? MakeOrNull(ILoggerFactory factory, string category)
    {
        try
        {
            return factory.CreateLogger(category);
        }
        catch (Exception)
        {
            // The application's factory. A socket must not leak, nor its error be hidden, because a line cannot be logged.
            return null;
        }
    }
}
