using System.Buffers.Binary;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SocketKit.Tests.House;

namespace SocketKit.Tests.Docs;

/// <summary>What lies in the package beside the assembly. What NuGet makes of it is checked where it is packed, in .ci/run.</summary>
public sealed partial class PackageTests
{
    [SourceFact]
    public void Every_link_of_the_package_readme_leads_to_a_file_that_the_package_has()
    {
        string[] links = [.. Link().Matches(Read("src/SocketKit/README.md")).Select(static link => link.Groups[1].Value)];

        links.Should().Contain(["../../samples/README.md", "../CHANGELOG.md"]);
        foreach (string link in links)
        {
            File.Exists(Path.Combine(Repository.Root!, "src/SocketKit", link)).Should().BeTrue("{0} is linked", link);
            link.Should().MatchRegex(@"^\.\./(CHANGELOG\.md|\.\./samples/.*)$", "only these are packed");
        }
    }

    [SourceFact]
    public void The_newest_section_of_the_changelog_is_that_of_the_version_in_the_sources()
    {
        string version = XDocument.Parse(Read("src/Directory.Build.props")).Descendants("VersionPrefix").Single().Value;

        Section().Match(Read("src/CHANGELOG.md")).Groups[1].Value.Should().Be(version);
    }

    [SourceFact]
    public void The_icon_is_a_PNG_of_128_by_128_pixels()
    {
        byte[] icon = File.ReadAllBytes(Path.Combine(Repository.Root!, "src/Packaging/icon.png"));

        // PNG specification, 5.2 and 11.2.2: eight bytes of signature, length and name of the first chunk, then width and height.
        icon.Should().StartWith([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(16)).Should().Be(128);
        BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(20)).Should().Be(128);
    }

    [SourceFact]
    public void Each_name_that_System_Net_Sockets_has_too_gets_an_alias_from_the_package()
    {
        HashSet<string> theirs =
        [
            .. new[] { typeof(System.Net.Sockets.Socket), typeof(System.Net.Sockets.SocketException) }
                .SelectMany(static type => type.Assembly.GetExportedTypes())
                .Where(static type => type.Namespace == "System.Net.Sockets")
                .Select(static type => type.Name),
        ];
        IEnumerable<string> shared = typeof(SocketBase).Assembly.GetExportedTypes()
            .Where(static type => type.Namespace == "SocketKit").Select(static type => type.Name).Where(theirs.Contains);
        IEnumerable<string> aliases = XDocument.Parse(Read("src/SocketKit/buildTransitive/SocketKit.props")).Descendants("Using")
            .Attributes("Alias").Select(static alias => alias.Value);

        aliases.Should().BeEquivalentTo([.. shared, "SocketException", "SocketError"], "callers catch those two of .NET's");
    }

    [SourceFact]
    public void Every_public_namespace_is_imported_by_the_package()
    {
        IEnumerable<string> imported = XDocument.Parse(Read("src/SocketKit/buildTransitive/SocketKit.props")).Descendants("Using")
            .Where(static import => import.Attribute("Alias") is null).Select(static import => import.Attribute("Include")!.Value);

        imported.Should().BeEquivalentTo(typeof(SocketBase).Assembly.GetExportedTypes().Select(static type => type.Namespace).Distinct());
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root!, path));

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^## (\S+)", RegexOptions.Multiline)]
    private static partial Regex Section();
}
