using System.Text.RegularExpressions;
using SocketKit.Tests.House;

namespace SocketKit.Tests.Docs;

public sealed partial class LinksTests
{
    [SourceFact]
    public void Every_link_of_a_page_leads_to_a_file_or_folder()
    {
        string[] pages = [.. Repository.FilesIn(".", "*.md")];

        pages.Should().HaveCountGreaterThan(10);
        string.Join(", ", pages.SelectMany(DeadLinks)).Should().BeEmpty();
    }

    private static IEnumerable<string> DeadLinks(string page)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Repository.Root!, page))!;
        return Link().Matches(File.ReadAllText(Path.Combine(Repository.Root!, page)))
            .Select(static link => link.Groups[1].Value)
            .Where(link => !link.Contains("://", StringComparison.Ordinal) && !Path.Exists(Path.Combine(folder, link)))
            .Select(link => $"{page}: {link}");
    }

    // The target up to a section of the page, which is not looked for.
    [GeneratedRegex(@"\]\(([^)#]+)[^)]*\)")]
    private static partial Regex Link();
}
