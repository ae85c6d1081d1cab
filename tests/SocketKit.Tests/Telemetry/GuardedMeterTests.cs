using System.Diagnostics.Metrics;
using SocketKit.Telemetry;

namespace SocketKit.Tests.Telemetry;

/// <summary>Instruments are made while listeners look on, whose code may throw. Each test has a meter of its own name.</summary>
public sealed class GuardedMeterTests
{
    [Fact]
    public void A_listener_that_throws_when_it_is_told_of_an_instrument_does_not_reach_the_library()
    {
        const string Name = nameof(A_listener_that_throws_when_it_is_told_of_an_instrument_does_not_reach_the_library);
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, _) =>
            {
                if (instrument.Meter.Name == Name)
                {
                    throw new InvalidOperationException("thrown by a listener");
                }
            },
        };
        listener.Start();
        var meter = new GuardedMeter(Name, "1.0");

        Counter<long> counter = meter.Create(static meter => meter.CreateCounter<long>("counter"));
        ObservableGauge<long> gauge = meter.Create(static meter => meter.CreateObservableGauge("gauge", static () => 1L));

        counter.Add(1);
        (counter.Enabled, gauge.Enabled).Should().Be((false, false));
    }

    [Fact]
    public void A_listener_gets_what_it_asks_for()
    {
        const string Name = nameof(A_listener_gets_what_it_asks_for);
        long sum = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => sum += value);
        listener.Start();
        var meter = new GuardedMeter(Name, "1.0");

        Counter<long> counter = meter.Create(static meter => meter.CreateCounter<long>("counter"));
        counter.Add(3);

        (counter.Enabled, sum, counter.Meter.Version).Should().Be((true, 3L, "1.0"));
    }
}
