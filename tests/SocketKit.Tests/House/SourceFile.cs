namespace SocketKit.Tests.House;

/// <summary>A C# file: its path from the root of the repository, and its lines.</summary>
internal sealed class SourceFile(string path, string fullPath)
{
    private string[]? _lines;

    public string Path => path;

    public IReadOnlyList<string> Lines => _lines ??= File.ReadAllLines(fullPath);

    /// <summary>A line without its comment, or empty where it is one.</summary>
    public string CodeOf(int index)
    {
        string line = Lines[index];
        int comment = line.IndexOf("//", StringComparison.Ordinal);
        return comment < 0 ? line : line[..comment];
    }

    /// <summary>Where a finding is: file and line as an editor wants them.</summary>
    public string At(int index) => $"{path}:{index + 1}";

    public override string ToString() => path;
}
