using System.Collections.Concurrent;
using System.Diagnostics;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>A test in a network and mount namespace of its own; skipped, with the reason, where that cannot be set up.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NamespaceFactAttribute : FactAttribute
{
    private static readonly ConcurrentDictionary<string, string?> s_known = new();

    /// <param name="setup">What the test lets the shell do in the namespace; it is tried first, in one that ends at once.</param>
    public NamespaceFactAttribute(string setup) => Skip = s_known.GetOrAdd(setup, static setup => WhyNot(setup));

    private static string? WhyNot(string setup)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !Requirement.HasTool("unshare"))
        {
            return "needs Linux, root and unshare";
        }

        string[] command = NetProbe.Namespace(setup);
        using Process shell = Process.Start(new ProcessStartInfo(command[0], [.. command[1..], "true"])
        {
            RedirectStandardError = true,
        })!;
        string errors = shell.StandardError.ReadToEnd().Trim();
        shell.WaitForExit();
        return shell.ExitCode == 0 ? null : $"needs a namespace with: {setup} ({errors})";
    }
}
