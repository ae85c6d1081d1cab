namespace SocketKit.Compare;

/// <summary>Everything that a report is made of.</summary>
internal sealed record Results
{
    public required Commit Commit { get; init; }

    public required MachineFacts Machine { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>As on the command line.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    public required string Suite { get; init; }

    public required Timing Timing { get; init; }

    /// <summary>Which processors servers and generators had.</summary>
    public required string Pinning { get; init; }

    public required string Generator { get; init; }

    public required IReadOnlyList<Contestant> Contestants { get; init; }

    public required IReadOnlyList<Round> Rounds { get; init; }

    public required IReadOnlyList<CellSummary> Cells { get; init; }

    public required IReadOnlyList<string> Verdict { get; init; }

    /// <summary>Whether all runs were clean and every echo was right.</summary>
    public required bool IsClean { get; init; }

    /// <summary>Where and how this was measured, in a few lines.</summary>
    public IEnumerable<string> Facts()
    {
        yield return Text.Of($"{Started:yyyy-MM-dd HH:mm} UTC, {Text.Time(Duration)}, commit {Commit}.");
        yield return $"{Machine.Processor}, {Text.Many(Machine.Processors, "processor")}, {Machine.MemoryGiB} GiB, {Machine.System}, "
            + $"kernel {Machine.Kernel}, {Machine.Architecture}, {Machine.Runtime}; {Pinning}.";
        yield return $"Load: {Generator}. "
            + Text.Of($"Measurements of {Timing.Seconds:0.##} s, warm-up of at most {Timing.LongestWarmUp:0.##} s.");
        if (Machine.Settings.Count > 0)
        {
            yield return $"Settings of the runtime: {string.Join(", ", Machine.Settings)}.";
        }

        yield return $"Ratios refer to {Contestants[0].Name}: {Contestants[0].About}.";
    }
}
