using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>What the samples' READMEs show is what the samples do.</summary>
public sealed class SampleReadmeTests
{
    private static readonly string s_folder = Path.Combine(Repository.Root, "samples");

    [Fact]
    public void Every_line_of_code_in_the_Chinese_tutorial_is_a_line_of_a_sample()
    {
        HashSet<string> lines =
        [
            .. Directory.EnumerateFiles(s_folder, "*.cs", SearchOption.AllDirectories)
                .SelectMany(File.ReadLines)
                .Select(static line => line.Trim()),
        ];
        string[] code = [.. CodeOf(Path.Combine(s_folder, "README.zh-CN.md"))];

        code.Should().HaveCountGreaterThan(30);
        code.Where(line => !lines.Contains(line)).Should().BeEmpty();
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("README.zh-CN.md")]
    public void Every_sample_is_linked_and_every_link_leads_somewhere(string readme)
    {
        string text = File.ReadAllText(Path.Combine(s_folder, readme));
        string[] links = [.. text.Split("](").Skip(1).Select(static part => part[..part.IndexOf(')', StringComparison.Ordinal)])];

        IEnumerable<string> projects = Directory.EnumerateFiles(s_folder, "*.csproj", SearchOption.AllDirectories);
        foreach (string sample in projects.Select(static path => Path.GetFileNameWithoutExtension(path)!))
        {
            links.Should().Contain(link => link == sample || link == sample + "/Program.cs", "{0} is a sample", sample);
        }

        links.Where(static link => !Path.Exists(Path.Combine(s_folder, link))).Should().BeEmpty();
    }

    private static IEnumerable<string> CodeOf(string readme)
    {
        bool inCode = false;
        foreach (string line in File.ReadLines(readme).Select(static line => line.Trim()))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                inCode = line == "```csharp";
            }
            else if (inCode && line.Length > 0)
            {
                yield return line;
            }
        }
    }
}
