using System.Runtime.CompilerServices;

namespace SocketKit.Tests.House;

/// <summary>The sources that this assembly was built from, where they still lie on this machine.</summary>
internal static class Repository
{
    private static readonly string[] s_generated = ["artifacts", "bin", "obj", ".git", "BenchmarkDotNet.Artifacts"];

    /// <summary>The folder of the solution file; null where there are no sources.</summary>
    public static string? Root { get; } = Find(Path.GetDirectoryName(ThisFile())) ?? Find(AppContext.BaseDirectory);

    /// <summary>Every C# file below a folder of the repository, with its path from the root, separated by slashes.</summary>
    public static IReadOnlyList<SourceFile> SourcesIn(string folder) =>
        [.. FilesIn(folder, "*.cs").Select(static path => new SourceFile(path, Path.Combine(Root!, path)))];

    /// <summary>The paths, from the root, of the files below a folder whose names fit the pattern.</summary>
    public static IEnumerable<string> FilesIn(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root!, folder), pattern, SearchOption.AllDirectories)
            .Select(static file => Path.GetRelativePath(Root!, file).Replace('\\', '/'))
            .Where(static path => !path.Split('/').Any(static part => s_generated.Contains(part)))
            .Order(StringComparer.Ordinal);

    private static string? Find(string? folder)
    {
        // A deterministic build maps the caller's path to one that does not exist; then the output folder leads to the root.
        while (folder is not null && !File.Exists(Path.Combine(folder, "SocketKit.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder;
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
