namespace SocketKit.Compare;

/// <summary>One server under one load, once.</summary>
internal sealed record Run
{
    public required string Server { get; init; }

    /// <summary>Place of the server on the command line.</summary>
    public required int ServerNumber { get; init; }

    /// <summary>What the server said of itself.</summary>
    public string? Banner { get; init; }

    /// <summary>Why the run does not count: the server or the generator failed, or an echo was wrong. Null for a clean run.</summary>
    public string? Problem { get; init; }

    /// <summary>Seconds of load before the measurement.</summary>
    public double? WarmUpSeconds { get; init; }

    /// <summary>Whether the warm-up ended because the server was steady; null where it has a fixed length.</summary>
    public bool? IsSteady { get; init; }

    /// <summary>What was watched, interval by interval, until the measurement: the rate, or at a fixed rate the processor time.</summary>
    public IReadOnlyList<double> Watched { get; init; } = [];

    /// <summary>Start-up: the rate of each second from the first message on.</summary>
    public IReadOnlyList<double> Rates { get; init; } = [];

    /// <summary>The generator's figures by its keys.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();

    /// <summary>Processors that other guests of the same host took while this ran; null where the system does not say.</summary>
    public double? StolenCpu { get; init; }

    /// <summary>Processors that other programs on this machine used meanwhile.</summary>
    public double? OtherCpu { get; init; }
}
