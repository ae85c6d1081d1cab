using System.Runtime.InteropServices;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>A test that needs a program on the PATH; skipped, with the reason, where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(params string[] tools)
    {
        string[] missing = [.. tools.Where(static tool => !Requirement.HasTool(tool))];
        if (missing.Length > 0)
        {
            Skip = $"needs {string.Join(", ", missing)}";
        }
    }
}

/// <summary>A test that needs Linux; and, by option, root and tools.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute(params string[] tools)
    {
        string[] missing = [.. tools.Where(static tool => !Requirement.HasTool(tool))];
        Skip = !OperatingSystem.IsLinux() ? "needs Linux" : missing.Length > 0 ? $"needs {string.Join(", ", missing)}" : null;
    }

    /// <summary>How many processors the test needs.</summary>
    public int Processors
    {
        get => 1;
        set => Skip ??= value > Environment.ProcessorCount ? $"needs {value} processors" : null;
    }

    /// <summary>Whether the test needs to run as root.</summary>
    public bool Root
    {
        get => false;
        set => Skip ??= value && !Environment.IsPrivilegedProcess ? "needs root" : null;
    }
}

/// <summary><see cref="LinuxFactAttribute"/> with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute(params string[] tools) => Skip = new LinuxFactAttribute(tools).Skip;
}

/// <summary>A test that needs IPv6 on loopback; and, by option, tools.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class IPv6FactAttribute : FactAttribute
{
    public IPv6FactAttribute(params string[] tools) =>
        Skip = Requirement.HasIPv6Loopback ? new ToolFactAttribute(tools).Skip : "needs IPv6 on loopback";
}

/// <summary><see cref="IPv6FactAttribute"/> with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class IPv6TheoryAttribute : TheoryAttribute
{
    public IPv6TheoryAttribute() => Skip = new IPv6FactAttribute().Skip;
}

internal static class Requirement
{
    public static bool HasIPv6Loopback { get; } = CanBindIPv6();

    public static bool HasTool(string tool)
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator);
        string suffix = RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? ".exe" : string.Empty;
        return Array.Exists(folders, folder => folder.Length > 0 && File.Exists(Path.Combine(folder, tool + suffix)));
    }

    private static bool CanBindIPv6()
    {
        try
        {
            using TcpServer server = TcpServer.Listen("::1", 0);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            // No IPv6 here: the tests that need it say so and are skipped.
            return false;
        }
    }
}
