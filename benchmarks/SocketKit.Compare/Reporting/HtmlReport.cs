using System.Net;
using System.Text;
using System.Xml.Linq;

namespace SocketKit.Compare;

/// <summary>index.html: one page that needs no other file, with the same tables and charts.</summary>
internal static class HtmlReport
{
    private const string Head = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Servers compared</title>
        <style>
        :root { --text: #1f2328; --back: #ffffff; --muted: #59636e; --line: #d1d9e0; --head: #f6f8fa; }
        @media (prefers-color-scheme: dark) {
          :root { --text: #f0f6fc; --back: #0d1117; --muted: #9198a1; --line: #3d444d; --head: #151b23; }
        }
        body { margin: 0 auto; max-width: 1200px; padding: 16px; color: var(--text); background: var(--back);
               font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
        h1 { font-size: 1.6em; } h2 { font-size: 1.25em; margin-top: 2em; }
        .facts { color: var(--muted); overflow-wrap: anywhere; }
        .wide { overflow-x: auto; }
        .wide svg { min-width: 560px; max-width: 100%; height: auto; }
        table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
        th, td { border: 1px solid var(--line); padding: 4px 8px; text-align: right; white-space: nowrap; }
        th { background: var(--head); } th:first-child, td:first-child { text-align: left; }
        dt { font-weight: 600; } dd { margin: 0 0 6px 1em; }
        </style>
        </head>
        <body>
        <h1>Servers compared</h1>
        """;

    public static string Write(Results results, IReadOnlyList<Chart> charts)
    {
        var html = new StringBuilder(Head).AppendLine();
        html.Append("<p class=\"facts\">").AppendJoin("<br>\n", results.Facts().Select(Encode)).AppendLine("</p>");
        if (Overview.Of(results) is { } overview)
        {
            AppendTable(html, overview);
            html.Append("<p>").Append(Encode(Overview.Meaning)).AppendLine("</p>");
        }

        html.AppendLine("<h2>In words</h2>").AppendLine("<ul>");
        foreach (string sentence in results.Verdict)
        {
            html.Append("<li>").Append(Encode(sentence)).AppendLine("</li>");
        }

        html.AppendLine("</ul>");
        foreach (Chart chart in charts)
        {
            html.Append("<figure class=\"wide\" style=\"margin: 24px 0\">").Append(chart.Svg.ToString(SaveOptions.DisableFormatting))
                .AppendLine("</figure>");
        }

        AppendTables(html, results);
        AppendTerms(html, "Servers", results.Contestants.Select(static contestant => new Term(contestant.Name, contestant.About)));
        return html.AppendLine("</body>").AppendLine("</html>").ToString();
    }

    private static void AppendTables(StringBuilder html, Results results)
    {
        var headers = new HashSet<string>();
        foreach (Table table in results.Cells.Select(CellTables.Of))
        {
            AppendTable(html, table);
            headers.UnionWith(table.Headers);
        }

        AppendTerms(html, "What the figures mean", Glossary.TermsOf(headers));
    }

    private static void AppendTable(StringBuilder html, Table table)
    {
        html.Append("<h2>").Append(Encode(table.Title)).AppendLine("</h2>");
        // A table that is wider than the window is scrolled, also by the keyboard.
        html.Append("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"").Append(Encode(table.Title))
            .AppendLine("\"><table>");
        html.Append("<thead><tr>");
        foreach (string header in table.Headers)
        {
            html.Append("<th scope=\"col\">").Append(Encode(header)).Append("</th>");
        }

        html.AppendLine("</tr></thead><tbody>");
        foreach (IReadOnlyList<string> row in table.Rows)
        {
            html.Append("<tr>");
            foreach (string cell in row)
            {
                html.Append("<td>").Append(Encode(cell)).Append("</td>");
            }

            html.AppendLine("</tr>");
        }

        html.AppendLine("</tbody></table></div>");
    }

    private static void AppendTerms(StringBuilder html, string title, IEnumerable<Term> terms)
    {
        html.Append("<h2>").Append(title).AppendLine("</h2>").AppendLine("<dl>");
        foreach (Term term in terms)
        {
            html.Append("<dt>").Append(Encode(term.Name)).Append("</dt><dd>").Append(Encode(term.Meaning)).AppendLine("</dd>");
        }

        html.AppendLine("</dl>");
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
