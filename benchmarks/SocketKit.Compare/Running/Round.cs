namespace SocketKit.Compare;

/// <summary>All servers in one cell, one after the other.</summary>
internal sealed record Round
{
    public required Cell Cell { get; init; }

    /// <summary>From 1.</summary>
    public required int Number { get; init; }

    /// <summary>2 for a repetition.</summary>
    public required int Attempt { get; init; }

    /// <summary>Messages per second at a fixed rate.</summary>
    public double? Rate { get; init; }

    /// <summary>Speed of the machine, in million steps of a fixed computation per second, before and after the round.</summary>
    public required double SpeedBefore { get; init; }

    public required double SpeedAfter { get; init; }

    /// <summary>What disturbed the machine meanwhile; null for nothing.</summary>
    public string? Disturbance { get; init; }

    /// <summary>False if this round was repeated, and the repetition counts.</summary>
    public bool Counts { get; init; } = true;

    /// <summary>In the order in which they ran.</summary>
    public required IReadOnlyList<Run> Runs { get; init; }

    public Run? RunOf(string server) => Runs.FirstOrDefault(run => run.Server == server);

    /// <returns>Null if the run failed or has no such figure.</returns>
    public double? FigureOf(string server, string key) =>
        RunOf(server) is { Problem: null } run && run.Figures.TryGetValue(key, out double figure) ? figure : null;
}
