using System.Runtime.CompilerServices;

namespace SocketKit.Tests.House;

/// <summary>The sources that this assembly was built from, where they still lie on this machine.</summary>
internal static class Repository
{
    private static readonly string[] s_generated = ["artifacts", "bin", "obj", ".git", "BenchmarkDotNet.Artifacts"];

    /// <summary>The folder of the solution file; null where there are no sources.</summary>
    public static string? Root { get; } = Find(Path.GetDirectoryName(ThisFile())) ?? Find(AppContext.BaseDirectory);

    /// <summary>Every C# file below a folder of the repository, with its path from the root, separated by slashes.</summary>
    public static IReadOnlyList<SourceFile> SourcesIn(string folder)
    {
        string start = Path.Combine(Root!, folder);
        return
        [
            .. Directory.EnumerateFiles(start, "*.cs", SearchOption.AllDirectories)
                .Select(static file => new SourceFile(Path.GetRelativePath(Root!, file).Replace('\\', '/'), file))
                .Where(static source => !source.Path.Split('/').Any(static part => s_generated.Contains(part)))
                .OrderBy(static source => source.Path, StringComparer.Ordinal),
        ];
    }

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
