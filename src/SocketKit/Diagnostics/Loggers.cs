using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SocketKit.Engine;

namespace SocketKit.Diagnostics;

/// <summary>Makes the logger of one socket, and uses the first one to report that an engine could not be had.</summary>
internal static class Loggers
{
    private static int s_engineReported;

    public static ILogger Create(ILoggerFactory? factory, string category, string? unavailableEngine, bool isFallback, SocketEngine engine)
    {
        if (factory is null)
        {
            return NullLogger.Instance;
        }

        var logger = new GuardedLogger(factory.CreateLogger(category));
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
}
