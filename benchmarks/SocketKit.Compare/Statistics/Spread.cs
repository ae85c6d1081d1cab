namespace SocketKit.Compare;

/// <summary>The median of some figures, and their ends.</summary>
internal sealed record Spread(double Median, double Min, double Max, int Count)
{
    /// <returns>Null if there are no figures.</returns>
    public static Spread? Of(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        return sorted.Length == 0
            ? null
            : new Spread((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[0], sorted[^1], sorted.Length);
    }

    public bool Contains(double value) => value >= Min && value <= Max;
}
