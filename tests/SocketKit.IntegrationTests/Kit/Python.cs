using System.Diagnostics;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>Python 3 as the PATH has it.</summary>
internal static class Python
{
    private static readonly Lazy<string> s_program = new(Find);

    /// <summary>The interpreter itself. A version manager puts a script before it, which takes ten times as long to start.</summary>
    public static string Program => s_program.Value;

    private static string Find()
    {
        using Process process = Process.Start(new ProcessStartInfo("python3", ["-c", "import sys; print(sys.executable)"])
        {
            RedirectStandardOutput = true,
        })!;
        string path = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return File.Exists(path) ? path : "python3";
    }
}
