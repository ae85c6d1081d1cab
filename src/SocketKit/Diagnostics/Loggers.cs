using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SocketKit.Diagnostics;

/// <summary>Makes the logger of one socket, and uses the first one to report an engine that was asked for in vain.</summary>
internal static class Loggers
{
    private static int s_engineReported;

    public static ILogger Create(ILoggerFactory? factory, string category, string? unavailableEngine, SocketEngine engine)
    {
        if (factory is null)
        {
            return NullLogger.Instance;
        }

        ILogger logger = factory.CreateLogger(category);
        if (unavailableEngine is not null && Interlocked.Exchange(ref s_engineReported, 1) == 0)
        {
            Log.EngineUnavailable(logger, unavailableEngine, engine.Description);
        }

        return logger;
    }
}
