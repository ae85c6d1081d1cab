using System.Diagnostics;

namespace SocketKit.Compare;

/// <summary>Other programs of this machine.</summary>
internal static class Tools
{
    /// <returns>The path of a program on the PATH; null if there is none.</returns>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, Executable(name)))
            .FirstOrDefault(File.Exists);

    /// <summary>The name of a program's file on this system.</summary>
    public static string Executable(string name) => OperatingSystem.IsWindows() ? name + ".exe" : name;

    /// <returns>The status of the program, and all that it has written.</returns>
    public static async Task<(int Status, string Output)> RunAsync(
        IReadOnlyList<string> command, string folder, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
            string all = await output + await errors;
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, all.Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
