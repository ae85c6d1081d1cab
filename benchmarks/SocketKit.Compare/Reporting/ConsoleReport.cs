namespace SocketKit.Compare;

/// <summary>Tables, their meaning and the verdict as plain text.</summary>
internal static class ConsoleReport
{
    public static void Print(TextWriter output, Results results)
    {
        foreach (string line in results.Facts())
        {
            output.WriteLine(line);
        }

        var headers = new HashSet<string>();
        foreach (Table table in results.Cells.Select(CellTables.Of))
        {
            output.WriteLine();
            output.WriteLine($"### {table.Title}");
            output.WriteLine();
            output.Write(table.ToMarkdown());
            headers.UnionWith(table.Headers);
        }

        output.WriteLine();
        foreach (Term term in Glossary.TermsOf(headers))
        {
            output.WriteLine($"{term.Name}: {term.Meaning}.");
        }

        output.WriteLine();
        foreach (string sentence in results.Verdict)
        {
            output.WriteLine(sentence);
        }
    }
}
