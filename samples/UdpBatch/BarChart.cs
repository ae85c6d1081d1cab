using System.Globalization;

/// <summary>Rates as lines of text.</summary>
internal static class BarChart
{
    private const int Width = 40;

    /// <summary>The highest rate fills the width.</summary>
    public static void Print(IReadOnlyList<(string Name, double PerSecond)> rates, string unit)
    {
        double highest = Math.Max(1, rates.Max(static rate => rate.PerSecond));
        foreach ((string name, double perSecond) in rates)
        {
            string bar = new('█', Math.Max(1, (int)Math.Round(Width * perSecond / highest)));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bar,-Width} {perSecond,12:N0} {unit}  {name}"));
        }
    }
}
