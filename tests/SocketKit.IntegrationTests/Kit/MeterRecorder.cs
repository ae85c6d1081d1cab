using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using SocketKit.Telemetry;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// Keeps what the library measures, from its creation on. Instruments are the process's own: tests that use this run alone in the process,
/// and look only at measurements with the address of their own server.
/// </summary>
internal sealed class MeterRecorder : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Measured> _all = new();

    /// <param name="onMeasured">Called after each measurement was kept; it may throw.</param>
    public MeterRecorder(Action? onMeasured = null)
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == Instruments.Name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();

        void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            _all.Enqueue(new Measured(instrument.Name, value, new Dictionary<string, object?>(tags.ToArray())));
            onMeasured?.Invoke();
        }
    }

    /// <summary>The measurements of an instrument with these attributes, in their order.</summary>
    public IReadOnlyList<Measured> Of(string instrument, params (string Name, object? Value)[] tags) =>
    [
        .. _all.Where(measured =>
            measured.Instrument == instrument && Array.TrueForAll(tags, tag => Equals(measured[tag.Name], tag.Value))),
    ];

    /// <summary>What the measurements of a counter add up to.</summary>
    public double Sum(string instrument, params (string Name, object? Value)[] tags) =>
        Of(instrument, tags).Sum(static measured => measured.Value);

    /// <summary>The lowest value that the sum has had, from zero on.</summary>
    public double Lowest(string instrument, params (string Name, object? Value)[] tags)
    {
        double sum = 0;
        double lowest = 0;
        foreach (Measured measured in Of(instrument, tags))
        {
            sum += measured.Value;
            lowest = Math.Min(lowest, sum);
        }

        return lowest;
    }

    /// <summary>Asks the instruments that are observed, and gives back what this one says now.</summary>
    public IReadOnlyList<Measured> Observe(string instrument, params (string Name, object? Value)[] tags)
    {
        int before = Of(instrument, tags).Count;
        _listener.RecordObservableInstruments();
        return [.. Of(instrument, tags).Skip(before)];
    }

    /// <summary>The value of the one such measurement.</summary>
    public long Read(string instrument, params (string Name, object? Value)[] tags) => (long)Observe(instrument, tags).Single().Value;

    public void Dispose() => _listener.Dispose();

    internal sealed record Measured(string Instrument, double Value, IReadOnlyDictionary<string, object?> Tags)
    {
        public object? this[string tag] => Tags.GetValueOrDefault(tag);

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Instrument} {Value} {string.Join(", ", Tags)}");
    }
}
