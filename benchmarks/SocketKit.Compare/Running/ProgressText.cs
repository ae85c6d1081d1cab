namespace SocketKit.Compare;

/// <summary>One run in one line.</summary>
internal static class ProgressText
{
    public static string Of(Cell cell, Run run)
    {
        if (run.Problem is { } problem)
        {
            return $"{run.Server}: FAILED: {problem}";
        }

        string[] parts =
        [
            .. Part(run, cell.MainKey, Unit(cell)),
            .. Part(run, cell.CpuKey, $" µs CPU per {cell.Unit}"),
            .. Part(run, Keys.P99, " µs p99"),
            .. run.IsSteady == false ? ["not steady"] : Array.Empty<string>(),
        ];
        return $"{run.Server}: {string.Join(", ", parts)}";
    }

    private static string Unit(Cell cell) => cell.Kind switch
    {
        LoadKind.Idle => " bytes per connection",
        LoadKind.Held => " handlers/s",
        _ => $" {cell.Unit}s/s",
    };

    private static string[] Part(Run run, string key, string unit) =>
        run.Figures.TryGetValue(key, out double figure) ? [Text.Number(figure) + unit] : [];
}
