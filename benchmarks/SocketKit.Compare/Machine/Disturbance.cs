namespace SocketKit.Compare;

/// <summary>Whether a run was disturbed from outside.</summary>
internal static class Disturbance
{
    /// <summary>Processors. Above it a run has lost more than its figures are good for.</summary>
    public const double MostStolen = 0.05;

    /// <summary>Processors. /proc/stat counts in ticks of 10 ms, so less cannot be told from nothing in a second.</summary>
    public const double MostOther = 0.15;

    /// <returns>What disturbed the runs most; null for nothing.</returns>
    public static string? Of(IEnumerable<Run> runs)
    {
        double stolen = 0;
        double other = 0;
        foreach (Run run in runs)
        {
            stolen = Math.Max(stolen, run.StolenCpu ?? 0);
            other = Math.Max(other, run.OtherCpu ?? 0);
        }

        var reasons = new List<string>();
        if (stolen > MostStolen)
        {
            reasons.Add(Text.Of($"{stolen:0.00} processors were stolen by other guests of the host"));
        }

        if (other > MostOther)
        {
            reasons.Add(Text.Of($"other programs used {other:0.00} processors"));
        }

        return reasons.Count == 0 ? null : string.Join(" and ", reasons);
    }
}
