using System.Runtime.CompilerServices;
using SocketKit.Tests.House;

namespace SocketKit.Tests.Docs;

public sealed class ReadmeTests
{
    public static TheoryData<string> Pages =>
        new(["README.md", "src/SocketKit/README.md", .. Repository.FilesIn("samples/guide", "*.md")]);

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_code_block_of_the_readme_is_compiled_here(string readme)
    {
        string[] compiled = Statements(Directory.GetFiles(Folder(), "*Snippets.cs").SelectMany(File.ReadLines));
        List<string[]> blocks = [.. CodeBlocks(File.ReadAllLines(Path.Combine(Folder(), "../../..", readme)))];

        blocks.Should().NotBeEmpty();
        foreach (string[] block in blocks)
        {
            string.Join('\n', compiled).Should().Contain(string.Join('\n', block));
        }
    }

    [Fact]
    public void The_readme_names_its_two_commands_on_lines_of_their_own()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Folder(), "../../..", "README.md"));

        lines.Should().Contain("dotnet run --project samples/Quickstart").And.Contain("dotnet test");
    }

    private static IEnumerable<string[]> CodeBlocks(string[] lines)
    {
        for (int start = Array.IndexOf(lines, "```csharp"); start >= 0; start = Array.IndexOf(lines, "```csharp", start + 1))
        {
            yield return Statements(lines[(start + 1)..Array.IndexOf(lines, "```", start + 1)]);
        }
    }

    private static string[] Statements(IEnumerable<string> lines) =>
    [
        .. lines.Select(static line => line.Trim())
            // Only an assembly that sees the internals of the library has to say so.
            .Select(static line => line.Replace("protected internal override", "protected override", StringComparison.Ordinal))
            .Where(static line => line.Length > 0 && !line.StartsWith("using SocketKit", StringComparison.Ordinal)),
    ];

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
