namespace SocketKit.Compare;

/// <summary>One server's figure in relation to that of the first server.</summary>
/// <param name="OfMedians">The ratio of both medians.</param>
/// <param name="OfRounds">The ratios in each round by itself, where both ran within seconds of each other.</param>
internal sealed record Ratio(double OfMedians, Spread OfRounds);
