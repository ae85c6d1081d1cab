using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SocketKit.Engine;

namespace SocketKit.Diagnostics;

/// <summary>Makes one logger per factory and category. The first one also reports if an engine was not available.</summary>
internal static class Loggers
{
    private static readonly ConditionalWeakTable<ILoggerFactory, ConcurrentDictionary<string, ILogger>> s_loggers = [];
    private static int s_engineReported;

    /// <summary>
    /// Returns the logger for a category. It never throws: a factory that throws, for example because it was disposed, means that nothing
    /// is logged.
    /// </summary>
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

    /// <summary>
    /// Logs a Warning if an engine was requested by name, because the application then runs on another one than configured; otherwise
    /// Debug.
    /// </summary>
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
            // The application's factory threw. A missing log line must not leak a socket or hide its error.
            return null;
        }
    }
}
