using System.Globalization;
using System.Text.RegularExpressions;

namespace SocketKit.Compare;

/// <summary>Lines of <c>key=value</c> pairs, as generators and servers print them.</summary>
internal static partial class ResultLine
{
    private const string RateWord = "rate ";

    /// <summary>All pairs whose value is a number.</summary>
    public static Dictionary<string, double> Figures(string line)
    {
        var figures = new Dictionary<string, double>();
        foreach ((string key, string value) in Pairs(line))
        {
            if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double figure) && double.IsFinite(figure))
            {
                figures[key] = figure;
            }
        }

        return figures;
    }

    /// <summary>All pairs, without the quotation marks around a value.</summary>
    public static IEnumerable<(string Key, string Value)> Pairs(string line) =>
        Pair().Matches(line).Select(static pair => (pair.Groups["key"].Value, pair.Groups["value"].Value.Trim('"')));

    /// <summary>Whether the line says how fast the last interval was.</summary>
    public static bool IsRate(string line, out double at, out double perSecond)
    {
        at = perSecond = 0;
        return line.StartsWith(RateWord, StringComparison.Ordinal)
            && Figures(line) is { } figures
            && figures.TryGetValue("at", out at)
            && figures.TryGetValue("per_s", out perSecond);
    }

    [GeneratedRegex("""(?<key>\w+)=(?<value>"[^"]*"|\S+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Pair();
}
