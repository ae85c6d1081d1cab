using SocketKit.Engine.Portable;

namespace SocketKit.Engine;

/// <summary>The only file that names implementations of the engine contract.</summary>
internal static class EngineSelector
{
    /// <summary>Environment variable that names the engine of the process.</summary>
    internal const string EnvironmentVariable = "SOCKETKIT_ENGINE";

    /// <summary>AppContext value (runtimeconfig.json) that names the engine of the process.</summary>
    internal const string AppContextName = "SocketKit.Engine";

    private const string PortableName = "portable";

    private static readonly Selection s_selection = Select(
        Environment.GetEnvironmentVariable(EnvironmentVariable),
        AppContext.GetData(AppContextName) as string);

    internal static SocketEngine Portable { get; } = new PortableEngine("portable engine (System.Net.Sockets)");

    internal static SocketEngine Default => s_selection.Engine;

    /// <summary>The engine name that was asked for but does not exist here; null when all is well.</summary>
    internal static string? UnavailableName => s_selection.UnavailableName;

    internal static Selection Select(string? environment, string? appContext)
    {
        (string? asked, string origin) = string.IsNullOrWhiteSpace(environment)
            ? (appContext, $"AppContext {AppContextName}")
            : (environment, EnvironmentVariable);
        if (string.IsNullOrWhiteSpace(asked))
        {
            return new Selection(new PortableEngine("portable engine (System.Net.Sockets), the default here"), null);
        }

        return string.Equals(asked.Trim(), PortableName, StringComparison.OrdinalIgnoreCase)
            ? new Selection(new PortableEngine($"portable engine (System.Net.Sockets), asked for by {origin}"), null)
            : new Selection(new PortableEngine($"portable engine (System.Net.Sockets), because '{asked.Trim()}' ({origin}) is not available here"), asked.Trim());
    }

    internal sealed record Selection(SocketEngine Engine, string? UnavailableName);
}
