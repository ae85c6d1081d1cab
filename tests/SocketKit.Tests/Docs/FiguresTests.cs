using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using SocketKit.Compare;
using SocketKit.Tests.House;

namespace SocketKit.Tests.Docs;

/// <summary>What the pages say of speed is what the committed results say.</summary>
public sealed partial class FiguresTests
{
    private const string Results = "benchmarks/results";

    [SourceFact]
    public void Every_ratio_in_prose_is_in_the_committed_results_of_the_cell_it_names()
    {
        Dictionary<string, HashSet<string>> measured = Measured();
        Quote[] quotes =
            [.. Blocks("README.md", "## Benchmarks").Concat(Blocks("benchmarks/README.md", "## Results")).SelectMany(QuotesOf)];

        quotes.Should().HaveCountGreaterThan(10, "the pages quote figures");
        string.Join("\n", quotes.Where(quote => !quote.Cells.Any(cell => measured.TryGetValue(cell, out HashSet<string>? known)
            && known.Contains(quote.Figure)))).Should().BeEmpty("each ratio has its cell beside it, and is one of that cell's");
    }

    [SourceFact]
    public void The_committed_results_are_of_clean_runs_from_a_clean_tree()
    {
        JsonElement[] all = [.. All()];

        all.Should().NotBeEmpty();
        foreach (JsonElement results in all)
        {
            results.GetProperty("clean").GetBoolean().Should().BeTrue("every echo was right");
            results.GetProperty("dirty").GetBoolean().Should().BeFalse("the commit tells what was measured");
        }
    }

    private static IEnumerable<JsonElement> All() => Repository.FilesIn(Results, "results.json")
        .Select(static path => JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root!, path))).RootElement);

    /// <summary>The ratios of each cell as pages write them, of all servers and figures.</summary>
    private static Dictionary<string, HashSet<string>> Measured()
    {
        var measured = new Dictionary<string, HashSet<string>>();
        foreach (JsonElement cell in All().SelectMany(static results => results.GetProperty("cells").EnumerateArray()))
        {
            string name = cell.GetProperty("cell").GetString()!;
            measured.TryAdd(name, []);
            measured[name].UnionWith(
                from server in cell.GetProperty("servers").EnumerateArray()
                from ratio in server.GetProperty("ratios").EnumerateObject()
                from value in (JsonElement[])
                [
                    ratio.Value.GetProperty("ofMedians"), ratio.Value.GetProperty("ofRounds").GetProperty("median"),
                ]
                select value.GetDouble().ToString("0.00", CultureInfo.InvariantCulture));
        }

        return measured;
    }

    /// <summary>The paragraphs, items and rows of a section.</summary>
    private static string[] Blocks(string page, string heading)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root!, page)).ReplaceLineEndings("\n");
        int start = text.IndexOf(heading + "\n", StringComparison.Ordinal);
        start.Should().BePositive($"{page} has the section {heading}");
        int end = text.IndexOf("\n## ", start + heading.Length, StringComparison.Ordinal);
        return Boundary().Split(end < 0 ? text[start..] : text[start..end]);
    }

    private static IEnumerable<Quote> QuotesOf(string block)
    {
        string[] cells = [.. Code().Matches(block).Select(static code => code.Groups[1].Value).Where(IsCell)];
        return Ratio().Matches(block).Select(ratio => new Quote(ratio.Groups[1].Value, cells, block));
    }

    private static bool IsCell(string text)
    {
        try
        {
            return CellParser.Parse(text).Name == text;
        }
        catch (FormatException)
        {
            // Other code, such as a name.
            return false;
        }
    }

    [GeneratedRegex(@"\n\n|\n(?=[-|] ?)")]
    private static partial Regex Boundary();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"(\d+\.\d+)×")]
    private static partial Regex Ratio();

    private sealed record Quote(string Figure, string[] Cells, string Block)
    {
        public override string ToString() => $"{Figure}× in: {Block.ReplaceLineEndings(" ")}";
    }
}
