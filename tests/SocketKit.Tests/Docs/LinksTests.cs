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

    [SourceFact]
    public void Every_link_below_samples_leads_to_what_the_package_holds()
    {
        string[] packed =
        [
            "README.md",
            .. Repository.FilesIn("samples", "*.md"),
            .. Repository.FilesIn("samples", "*.cs"),
        ];
        IEnumerable<string> outside = Repository.FilesIn("samples", "*.md").SelectMany(page => Targets(page)
            .Where(target => !packed.Any(file => file == target || file.StartsWith(target + '/', StringComparison.Ordinal)))
            .Select(target => $"{page}: {target}"));

        string.Join(", ", outside).Should().BeEmpty();
    }

    /// <summary>What a page links to, with its path from the root, separated by slashes.</summary>
    private static IEnumerable<string> Targets(string page)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Repository.Root!, page))!;
        return Link().Matches(File.ReadAllText(Path.Combine(Repository.Root!, page)))
            .Select(static link => link.Groups[1].Value)
            .Where(static link => !link.Contains("://", StringComparison.Ordinal))
            .Select(link => Path.GetRelativePath(Repository.Root!, Path.Combine(folder, link)).Replace('\\', '/').TrimEnd('/'));
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
