namespace SocketKit.Compare;

/// <summary>One server's figure.</summary>
/// <param name="Colour">Number of the server.</param>
/// <param name="Spread">The bar is as long as the median; a line goes from the lowest to the highest run.</param>
/// <param name="Remark">Behind the figure, such as its ratio.</param>
internal sealed record Bar(string Label, int Colour, Spread Spread, string Remark);

/// <summary>The bars of one cell. Each cell has its own scale.</summary>
internal sealed record BarPanel(string Title, IReadOnlyList<Bar> Bars);

/// <summary>Bars with their lowest and highest run, one panel for each cell.</summary>
internal static class BarChart
{
    private const double Width = 760;
    private const double Margin = 16;
    private const double Left = 150;
    private const double LongestBar = 400;
    private const double RowHeight = 24;
    private const double Thickness = 16;

    public static Chart Draw(string name, string title, string unit, IReadOnlyList<BarPanel> panels)
    {
        var figure = new Figure(Width);
        figure.AddText(Margin, 28, title, "title");
        figure.AddText(Margin, 48, $"{unit}. Bar: median; thin line: lowest to highest run. Each panel has its own scale.", "muted");
        double y = 64;
        foreach (BarPanel panel in panels)
        {
            figure.AddText(Margin, y + 18, panel.Title, "panel");
            y = DrawBars(figure, panel, y + 28) + 12;
        }

        figure.Bottom = y;
        return figure.ToChart(name, title, $"{unit}. {string.Join(" ", panels.Select(Describe))}");
    }

    private static double DrawBars(Figure figure, BarPanel panel, double top)
    {
        double highest = panel.Bars.Max(static bar => bar.Spread.Max);
        double scale = highest > 0 ? LongestBar / highest : 0;
        double y = top;
        foreach (Bar bar in panel.Bars)
        {
            double middle = y + (RowHeight / 2);
            (double min, double max) = (Left + (Math.Max(0, bar.Spread.Min) * scale), Left + (Math.Max(0, bar.Spread.Max) * scale));
            figure.AddText(Left - 8, middle + 4.5, bar.Label, anchor: "end");
            figure.Add("rect", $"s{bar.Colour % Figure.Colours}", ("x", Left), ("y", middle - (Thickness / 2)),
                ("width", Math.Max(1, bar.Spread.Median * scale)), ("height", Thickness));
            DrawEnds(figure, min, max, middle);
            figure.AddText(max + 8, middle + 4.5, Join(Text.Short(bar.Spread.Median), bar.Remark));
            y += RowHeight;
        }

        return y;
    }

    private static void DrawEnds(Figure figure, double min, double max, double middle)
    {
        figure.Add("line", "ends", ("x1", min), ("x2", max), ("y1", middle), ("y2", middle));
        foreach (double end in (double[])[min, max])
        {
            figure.Add("line", "ends", ("x1", end), ("x2", end), ("y1", middle - 4), ("y2", middle + 4));
        }
    }

    private static string Describe(BarPanel panel) => $"{panel.Title}: {string.Join(", ", panel.Bars.Select(Describe))}.";

    private static string Describe(Bar bar) =>
        Join($"{bar.Label} {Text.Short(bar.Spread.Median)}", bar.Remark)
        + $" ({Text.Short(bar.Spread.Min)} to {Text.Short(bar.Spread.Max)})";

    private static string Join(string figure, string remark) => remark.Length == 0 ? figure : $"{figure}, {remark}";
}
