namespace SocketKit.Compare;

/// <summary>The folders of the repository.</summary>
internal sealed class SourceTree(string root)
{
    private const string Solution = "SocketKit.sln";

    private static readonly string[] s_sourceEndings = [".cs", ".c", ".h", ".csproj", ".props", ".targets"];

    public string Root => root;

    /// <summary>Above this program, or above the current folder.</summary>
    /// <exception cref="FormatException">Neither is in the repository.</exception>
    public static SourceTree Find() => new(
        Above(AppContext.BaseDirectory) ?? Above(Environment.CurrentDirectory)
        ?? throw new FormatException("Run this in the repository: its servers and generators are built from there."));

    public string PathOf(params string[] parts) => Path.Combine([root, .. parts]);

    /// <summary>Where a project's program lies once it is built.</summary>
    public string ProgramOf(string project) => PathOf("artifacts", "bin", project, "release", Tools.Executable(project));

    /// <summary>Whether a file is missing, or older than the newest source below the folders.</summary>
    public bool IsOutdated(string file, params string[] folders) =>
        !File.Exists(file)
        || folders.SelectMany(SourcesIn).Any(source => File.GetLastWriteTimeUtc(source) > File.GetLastWriteTimeUtc(file));

    private IEnumerable<string> SourcesIn(string folder) =>
        Directory.EnumerateFiles(PathOf(folder), "*", SearchOption.AllDirectories)
            .Where(static file => s_sourceEndings.Contains(Path.GetExtension(file)));

    private static string? Above(string start)
    {
        string? folder = start;
        while (folder is not null && !File.Exists(Path.Combine(folder, Solution)))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder;
    }
}
