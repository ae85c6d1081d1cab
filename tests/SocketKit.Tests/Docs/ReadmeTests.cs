using System.Runtime.CompilerServices;

namespace SocketKit.Tests.Docs;

public sealed class ReadmeTests
{
    [Theory]
    [InlineData("README.md")]
    [InlineData("src/SocketKit/README.md")]
    [InlineData("samples/guide/connecting.md")]
    [InlineData("samples/guide/connecting.zh-CN.md")]
    [InlineData("samples/guide/threads.md")]
    [InlineData("samples/guide/threads.zh-CN.md")]
    [InlineData("samples/guide/engines.md")]
    [InlineData("samples/guide/engines.zh-CN.md")]
    [InlineData("samples/guide/options.md")]
    [InlineData("samples/guide/options.zh-CN.md")]
    [InlineData("samples/guide/migration.md")]
    [InlineData("samples/guide/migration.zh-CN.md")]
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
            .Where(static line => line.Length > 0 && !line.StartsWith("using SocketKit", StringComparison.Ordinal)),
    ];

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
