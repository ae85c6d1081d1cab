using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SocketKit.Load;

/// <summary>
/// Listens to every instrument and every span of the library, and asks those that are observed once a second, as a monitoring agent does.
/// </summary>
internal sealed class EverythingListener : IDisposable
{
    private const string Name = "SocketKit";

    private readonly MeterListener _meter = new();
    private readonly ActivityListener _spans;
    private readonly Timer _timer;
    private long _measurements;

    public EverythingListener()
    {
        _meter.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == Name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meter.SetMeasurementEventCallback<long>((_, _, _, _) => Interlocked.Increment(ref _measurements));
        _meter.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref _measurements));
        _meter.Start();
        _spans = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(_spans);
        _timer = new Timer(_ => _meter.RecordObservableInstruments(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    public void Dispose()
    {
        _timer.Dispose();
        _spans.Dispose();
        _meter.Dispose();
    }
}
