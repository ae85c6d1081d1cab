using System.Text;

namespace SocketKit.Compare;

/// <summary>Rows of text under headings. The first column is aligned to the left, the others to the right.</summary>
internal sealed record Table(string Title, IReadOnlyList<string> Headers, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>A Markdown table whose columns also line up as plain text.</summary>
    public string ToMarkdown()
    {
        int[] widths = [.. Headers.Select((header, column) => Rows.Select(row => Escape(row[column]).Length).Append(header.Length).Max())];
        var text = new StringBuilder();
        AppendRow(text, Headers, widths);
        text.Append('|').AppendJoin('|', widths.Select(static (width, column) =>
            column == 0 ? new string('-', width + 2) : new string('-', width + 1) + ":")).AppendLine("|");
        foreach (IReadOnlyList<string> row in Rows)
        {
            AppendRow(text, row, widths);
        }

        return text.ToString();
    }

    private static void AppendRow(StringBuilder text, IReadOnlyList<string> cells, int[] widths)
    {
        for (int column = 0; column < widths.Length; column++)
        {
            string cell = Escape(cells[column]);
            text.Append("| ").Append(column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])).Append(' ');
        }

        text.AppendLine("|");
    }

    private static string Escape(string cell) => cell.Replace("|", "\\|", StringComparison.Ordinal);
}
