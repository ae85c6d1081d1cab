using System.Text.RegularExpressions;

namespace SocketKit.Tests.House;

/// <summary>The table of hazards names only tests that exist.</summary>
public sealed partial class HazardTableTests
{
    private const string Table = "tests/SocketKit.IntegrationTests/Linux/README.md";

    [SourceFact]
    public void Every_test_that_the_table_of_hazards_names_exists()
    {
        IReadOnlyList<SourceFile> sources = Repository.SourcesIn("tests");
        var missing = new List<string>();
        int found = 0;
        foreach (string row in File.ReadLines(Path.Combine(Repository.Root!, Table)))
        {
            string type = string.Empty;
            foreach (Match name in Name().Matches(row))
            {
                // A name that begins with an ellipsis is another test of the class before.
                type = name.Groups["type"].Success ? name.Groups["type"].Value : type;
                string method = name.Groups["method"].Value;
                found++;
                if (!sources.Any(file => Path.GetFileName(file.Path) == type + ".cs" && file.Lines.Any(
                    line => line.Contains(method, StringComparison.Ordinal))))
                {
                    missing.Add($"{type}.{method}");
                }
            }
        }

        missing.Should().BeEmpty();
        found.Should().BeGreaterThan(50, "or the table was not read");
    }

    [GeneratedRegex(@"`(…|(\w+/)?(?<type>\w+Tests)\.?)(?<method>\w*)`")]
    private static partial Regex Name();
}
