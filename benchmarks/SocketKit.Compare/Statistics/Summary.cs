namespace SocketKit.Compare;

/// <summary>All counted runs of one server in one cell.</summary>
internal sealed record ServerSummary(
    string Server,
    int Runs,
    int Failed,
    int NotSteady,
    IReadOnlyDictionary<string, Spread> Figures,
    IReadOnlyDictionary<string, Ratio> Ratios,
    IReadOnlyList<double> Rates)
{
    public Spread? Figure(string key) => Figures.GetValueOrDefault(key);

    public Ratio? RatioOf(string key) => Ratios.GetValueOrDefault(key);
}

/// <summary>One cell, with the first server as what the ratios refer to.</summary>
internal sealed record CellSummary(Cell Cell, double? Rate, IReadOnlyList<ServerSummary> Servers)
{
    public ServerSummary Baseline => Servers[0];
}
