using System.Globalization;
using System.Text;

/// <summary>Counters and timers by name. Lines are those of statsd: "requests:1|c" counts, "latency:12.5|ms" times.</summary>
internal sealed class Statistics
{
    private readonly SortedDictionary<string, long> _counters = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Times> _timers = new(StringComparer.Ordinal);
    private int _malformed;

    /// <summary>Adds the lines of a datagram. Anybody can send anything, so a malformed line is counted and otherwise ignored.</summary>
    public void Add(string lines)
    {
        foreach (string line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryAdd(line))
            {
                _malformed++;
            }
        }
    }

    public string Report()
    {
        var report = new StringBuilder();
        foreach ((string name, long count) in _counters)
        {
            report.Append(CultureInfo.InvariantCulture, $"  {name}: {count}\n");
        }

        foreach ((string name, Times times) in _timers)
        {
            report.Append(
                CultureInfo.InvariantCulture,
                $"  {name}: {times.Count} times, {times.Least} to {times.Most} ms, {times.Sum / times.Count:0.#} ms on average\n");
        }

        report.Append(CultureInfo.InvariantCulture, $"  malformed: {_malformed}");
        return report.ToString();
    }

    private bool TryAdd(string line)
    {
        if (line.Split(':', '|') is not [{ Length: > 0 } name, var value, var kind])
        {
            return false;
        }

        if (kind == "c" && long.TryParse(value, CultureInfo.InvariantCulture, out long count))
        {
            _counters[name] = _counters.GetValueOrDefault(name) + count;
            return true;
        }

        if (kind == "ms" && double.TryParse(value, CultureInfo.InvariantCulture, out double milliseconds))
        {
            Times old = _timers.GetValueOrDefault(name, new Times(0, 0, double.MaxValue, double.MinValue));
            _timers[name] = new Times(
                old.Count + 1, old.Sum + milliseconds, Math.Min(old.Least, milliseconds), Math.Max(old.Most, milliseconds));
            return true;
        }

        return false;
    }

    private readonly record struct Times(long Count, double Sum, double Least, double Most);
}
