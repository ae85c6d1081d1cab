using System.Text;

namespace SocketKit.Compare;

/// <summary>results.md: an overview, the verdict in words, charts, tables and the meaning of their figures.</summary>
internal static class MarkdownReport
{
    public static string Write(Results results, IReadOnlyList<Chart> charts)
    {
        var text = new StringBuilder();
        text.AppendLine("# Servers compared").AppendLine();
        foreach (string line in results.Facts())
        {
            text.AppendLine(line);
        }

        if (Overview.Of(results) is { } overview)
        {
            text.AppendLine().Append("## ").AppendLine(overview.Title).AppendLine().AppendLine(Overview.Meaning).AppendLine();
            text.Append(overview.ToMarkdown());
        }

        text.AppendLine().AppendLine("## In words").AppendLine();
        foreach (string sentence in results.Verdict)
        {
            text.Append("- ").AppendLine(sentence);
        }

        foreach (Chart chart in charts)
        {
            text.AppendLine().Append("![").Append(chart.Title).Append("](").Append(chart.FileName).AppendLine(")");
        }

        var headers = new HashSet<string>();
        foreach (Table table in results.Cells.Select(CellTables.Of))
        {
            text.AppendLine().Append("## ").AppendLine(table.Title).AppendLine().Append(table.ToMarkdown());
            headers.UnionWith(table.Headers);
        }

        text.AppendLine().AppendLine("## What the figures mean").AppendLine();
        foreach (Term term in Glossary.TermsOf(headers))
        {
            text.Append("- **").Append(term.Name).Append("**: ").Append(term.Meaning).AppendLine(".");
        }

        text.AppendLine().AppendLine("## Servers").AppendLine();
        foreach (Contestant contestant in results.Contestants)
        {
            text.Append("- **").Append(contestant.Name).Append("**: ").Append(contestant.About).AppendLine(".");
        }

        return text.ToString();
    }
}
