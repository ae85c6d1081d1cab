using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux;
using SocketKit.Engine.Linux.Interop;
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
    private const string EpollName = "epoll";

    internal static SocketEngine Portable { get; } = new PortableEngine("portable engine (System.Net.Sockets)");

    private static readonly Selection s_selection = Select(
        Environment.GetEnvironmentVariable(EnvironmentVariable),
        AppContext.GetData(AppContextName) as string);

    internal static SocketEngine Default => s_selection.Engine;

    /// <summary>The requested engine name if it is not available here; otherwise null.</summary>
    internal static string? UnavailableName => s_selection.UnavailableName;

    /// <summary>The engine names that can be requested, as messages show them.</summary>
    internal const string KnownNames = $"{EpollName} (Linux on x64 and arm64), {PortableName}";

    /// <summary>Whether no engine was requested and the default engine of this system could not be created.</summary>
    internal static bool IsFallback => s_selection.IsFallback;

    internal static Selection Select(string? environment, string? appContext)
    {
        (string? asked, string origin) = string.IsNullOrWhiteSpace(environment)
            ? (appContext, $"AppContext {AppContextName}")
            : (environment, EnvironmentVariable);
        if (string.IsNullOrWhiteSpace(asked))
        {
            return SelectDefault(TryMakeEpoll);
        }

        string name = asked.Trim();
        if (Is(name, PortableName))
        {
            return new Selection(new PortableEngine($"portable engine (System.Net.Sockets), asked for by {origin}"), null);
        }

        if (Is(name, EpollName) && TryMakeEpoll($"epoll engine, asked for by {origin}", out SocketEngine? epoll))
        {
            return new Selection(epoll, null);
        }

        return new Selection(
            new PortableEngine($"portable engine (System.Net.Sockets), because '{name}' ({origin}) is not available here"), name);
    }

    /// <summary>The epoll engine where the system supports it, otherwise the portable engine.</summary>
    /// <param name="makesEpoll">Creates the epoll engine.</param>
    internal static Selection SelectDefault(EpollMaker makesEpoll)
    {
        if (makesEpoll("epoll engine, the default here", out SocketEngine? epoll))
        {
            return new Selection(epoll, null);
        }

        bool isFallback = OperatingSystem.IsLinux() && EpollSet.IsSupported;
        string why = isFallback ? "because the system does not let this process use epoll" : "the default here";
        return new Selection(new PortableEngine($"portable engine (System.Net.Sockets), {why}"), null, isFallback);
    }

    /// <summary>Creates the epoll engine, if the system supports it.</summary>
    /// <param name="description">Why it was chosen; the number of loops is added.</param>
    /// <param name="engine">Null if the system does not support it.</param>
    internal static bool TryMakeEpoll(string description, [NotNullWhen(true)] out SocketEngine? engine)
    {
        engine = null;
        if (!OperatingSystem.IsLinux() || !EpollSet.IsSupported)
        {
            return false;
        }

        try
        {
            engine = MakeEpoll(description, new EpollEngineOptions());
            return true;
        }
        catch (SocketException)
        {
            // A sandbox without epoll, or no descriptor or thread left: the portable engine is used.
            return false;
        }
    }

    /// <summary>Creates the epoll engine for <see cref="SocketEngine.CreateEpoll"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="PlatformNotSupportedException">The epoll engine is not available here.</exception>
    /// <exception cref="SocketOperationException">No descriptor or no thread is left.</exception>
    internal static SocketEngine CreateEpoll(EpollEngineOptions options)
    {
        options.Validate();
        if (!OperatingSystem.IsLinux() || !EpollSet.IsSupported)
        {
            throw new PlatformNotSupportedException(
                $"The epoll engine runs on Linux on x64 and arm64; this is {RuntimeInformation.OSDescription} on "
                + $"{RuntimeInformation.ProcessArchitecture}.");
        }

        try
        {
            return MakeEpoll("epoll engine, made by CreateEpoll", options);
        }
        catch (SocketException exception) when (ErrorTable.IsResourceShortage(exception.SocketErrorCode))
        {
            // The shortage may be over at the next attempt.
            const string Operation = "create epoll engine";
            throw new SocketOperationException(exception.SocketErrorCode, $"{Operation} failed: {exception.Message}", Operation);
        }
        catch (SocketException exception)
        {
            // Any other error means that epoll is not available here.
            throw new PlatformNotSupportedException($"The system does not let this process use epoll: {exception.Message}", exception);
        }
    }

    [SupportedOSPlatform("linux")]
    private static EpollEngine MakeEpoll(string why, EpollEngineOptions options)
    {
        int loops = options.LoopsOrDefault;
        string busyPoll = options.BusyPoll == BusyPoll.Auto ? string.Empty : $", busy poll {options.BusyPoll}";
        return new EpollEngine($"{why}, {loops} {(loops == 1 ? "loop" : "loops")}{busyPoll}", Portable, loops, options.BusyPoll);
    }

    private static bool Is(string name, string known) => string.Equals(name, known, StringComparison.OrdinalIgnoreCase);

    internal delegate bool EpollMaker(string description, [NotNullWhen(true)] out SocketEngine? engine);

    internal sealed record Selection(SocketEngine Engine, string? UnavailableName, bool IsFallback = false);
}
