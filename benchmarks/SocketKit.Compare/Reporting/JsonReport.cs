using System.Text.Encodings.Web;
using System.Text.Json;

namespace SocketKit.Compare;

/// <summary>results.json: every figure of every run, and what was made of them.</summary>
internal static class JsonReport
{
    /// <summary>To be raised when a name changes its meaning.</summary>
    private const int Version = 1;

    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        // Names and units are for people; nothing here goes into a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(Results results) => JsonSerializer.Serialize(
        new
        {
            Version,
            Commit = results.Commit.Id,
            Dirty = results.Commit.IsDirty,
            Started = results.Started.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
            Seconds = Math.Round(results.Duration.TotalSeconds, 1),
            Clean = results.IsClean,
            results.Machine,
            Options = new { results.Arguments, results.Suite, results.Timing, results.Pinning, results.Generator },
            Servers = results.Contestants.Select(static contestant => new { contestant.Name, contestant.About }),
            results.Verdict,
            Cells = results.Cells.Select(CellOf),
            Rounds = results.Rounds.Select(RoundOf),
        },
        s_options);

    private static object CellOf(CellSummary cell) => new
    {
        Cell = cell.Cell.Name,
        cell.Cell.Title,
        cell.Rate,
        MainFigure = cell.Cell.MainKey,
        Baseline = cell.Baseline.Server,
        cell.Servers,
    };

    private static object RoundOf(Round round) => new
    {
        Cell = round.Cell.Name,
        round.Number,
        round.Attempt,
        round.Counts,
        round.Rate,
        round.SpeedBefore,
        round.SpeedAfter,
        round.Disturbance,
        round.Runs,
    };
}
