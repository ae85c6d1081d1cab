namespace SocketKit.Compare;

/// <summary>Writes all files of a report.</summary>
internal static class ReportFolder
{
    public static async Task WriteAsync(string folder, Results results)
    {
        IReadOnlyList<Chart> charts = Charts.Of(results.Cells, [.. results.Contestants.Select(static contestant => contestant.Name)]);
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "results.json"), JsonReport.Write(results) + "\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "results.md"), MarkdownReport.Write(results, charts));
        await File.WriteAllTextAsync(Path.Combine(folder, "index.html"), HtmlReport.Write(results, charts));
        foreach (Chart chart in charts)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, chart.FileName), chart.ToText());
        }
    }
}
