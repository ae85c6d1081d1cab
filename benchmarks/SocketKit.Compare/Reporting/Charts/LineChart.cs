namespace SocketKit.Compare;

/// <summary>One server's figures from left to right.</summary>
/// <param name="Colour">Number of the server.</param>
internal sealed record Series(string Label, int Colour, IReadOnlyList<double> Values);

/// <summary>The lines of one cell.</summary>
internal sealed record LinePanel(string Title, IReadOnlyList<Series> Series);

/// <summary>Where a value lies between the lower and the upper edge of a panel, from 0 to 1.</summary>
/// <param name="Ticks">Values that get a line of the grid.</param>
internal sealed record Scale(Func<double, double> Position, IReadOnlyList<double> Ticks)
{
    /// <summary>From 0.</summary>
    public static Scale Linear(double highest, double step)
    {
        double top = Math.Max(step, Math.Ceiling(highest / step) * step);
        return new Scale(value => value / top, [.. Enumerable.Range(0, (int)Math.Round(top / step) + 1).Select(tick => tick * step)]);
    }

    /// <summary>In powers of ten.</summary>
    public static Scale Logarithmic(double lowest, double highest)
    {
        double bottom = Math.Floor(Math.Log10(lowest));
        double top = Math.Max(bottom + 1, Math.Ceiling(Math.Log10(highest)));
        return new Scale(
            value => (Math.Log10(Math.Max(value, lowest)) - bottom) / (top - bottom),
            [.. Enumerable.Range((int)bottom, (int)(top - bottom) + 1).Select(static power => Math.Pow(10, power))]);
    }
}

/// <summary>Lines over categories, one panel for each cell, with the name of each line at its right end.</summary>
internal static class LineChart
{
    private const double Width = 760;
    private const double Margin = 16;
    private const double Left = 80;
    private const double Right = 600;
    private const double Height = 200;
    private const double LabelHeight = 16;
    private const double Dot = 3.5;

    public static Chart Draw(
        string name, string title, string unit, IReadOnlyList<string> categories, IReadOnlyList<LinePanel> panels,
        Func<LinePanel, Scale> scaleOf)
    {
        var figure = new Figure(Width);
        figure.AddText(Margin, 28, title, "title");
        figure.AddText(Margin, 48, $"{unit}. Medians of all runs.", "muted");
        double y = 64;
        foreach (LinePanel panel in panels)
        {
            figure.AddText(Margin, y + 18, panel.Title, "panel");
            DrawPanel(figure, panel, categories, scaleOf(panel), y + 36);
            y += Height + 76;
        }

        figure.Bottom = y;
        return figure.ToChart(name, title, $"{unit}. {string.Join(" ", panels.Select(panel => Describe(panel, categories)))}");
    }

    private static void DrawPanel(Figure figure, LinePanel panel, IReadOnlyList<string> categories, Scale scale, double top)
    {
        double bottom = top + Height;
        foreach (double tick in scale.Ticks)
        {
            double y = bottom - (scale.Position(tick) * Height);
            figure.Add("line", "grid", ("x1", Left), ("x2", Right), ("y1", y), ("y2", y));
            figure.AddText(Left - 8, y + 4.5, Text.Short(tick), "muted", "end");
        }

        foreach ((int index, string category) in categories.Index())
        {
            figure.AddText(XOf(index, categories.Count), bottom + 20, category, "muted", "middle");
        }

        foreach (Series series in panel.Series)
        {
            (double X, double Y)[] points =
            [
                .. series.Values.Select((value, index) => (XOf(index, categories.Count), bottom - (scale.Position(value) * Height))),
            ];
            figure.AddLine(points, series.Colour);
            foreach ((double x, double y) in points)
            {
                figure.Add("circle", $"s{series.Colour % Figure.Colours}", ("cx", x), ("cy", y), ("r", Dot));
            }
        }

        DrawLabels(figure, panel, scale, bottom);
    }

    /// <summary>From the top downwards, each at least one line of text below the one before.</summary>
    private static void DrawLabels(Figure figure, LinePanel panel, Scale scale, double bottom)
    {
        double lowest = double.NegativeInfinity;
        foreach (Series series in panel.Series.OrderByDescending(static series => series.Values[^1]))
        {
            double y = Math.Max(bottom - (scale.Position(series.Values[^1]) * Height), lowest + LabelHeight);
            string text = $"{series.Label} {Text.Short(series.Values[^1])}";
            figure.AddText(Right + 12, y + 4.5, text, $"s{series.Colour % Figure.Colours} label");
            lowest = y;
        }
    }

    private static double XOf(int index, int count) => Left + 24 + ((Right - Left - 48) * index / Math.Max(1, count - 1));

    private static string Describe(LinePanel panel, IReadOnlyList<string> categories) => $"{panel.Title}: " + string.Join("; ",
        panel.Series.Select(series => $"{series.Label} " + string.Join(", ", series.Values.Zip(categories, static (value, category) =>
            $"{category} {Text.Short(value)}")))) + ".";
}
