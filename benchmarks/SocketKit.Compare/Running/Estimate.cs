namespace SocketKit.Compare;

/// <summary>How long runs take: guessed at first, then learnt.</summary>
internal sealed class Estimate(Timing timing)
{
    /// <summary>Seconds to start and end two processes.</summary>
    private const double Processes = 0.6;

    private readonly Dictionary<LoadKind, (double Sum, int Count)> _known = [];

    public void Learn(Cell cell, TimeSpan time)
    {
        (double sum, int count) = _known.GetValueOrDefault(cell.Kind);
        _known[cell.Kind] = (sum + time.TotalSeconds, count + 1);
    }

    /// <summary>Of one run.</summary>
    public TimeSpan Of(Cell cell) =>
        TimeSpan.FromSeconds(_known.TryGetValue(cell.Kind, out (double Sum, int Count) known) ? known.Sum / known.Count : Guess(cell));

    private double Guess(Cell cell) => Processes + cell.Kind switch
    {
        LoadKind.Idle => 8,
        LoadKind.StartUp => Generator.StartUpSeconds + timing.Seconds + 0.5,
        LoadKind.Held or LoadKind.PingPong or LoadKind.Send => 3 + timing.Seconds,
        _ => (timing.LongestWarmUp / 2) + timing.Seconds,
    };
}
