using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;

namespace SocketKit.Telemetry;

/// <summary>Makes instruments. A listener that throws when it is told of one must not keep the library from working.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The meter lives as long as the process; the other one is disposed at once.")]
internal sealed class GuardedMeter
{
    private readonly Meter _meter;
    private readonly Meter _silent;

    /// <param name="name">The name that listeners ask for.</param>
    /// <param name="version">The version of the library.</param>
    public GuardedMeter(string name, string? version)
    {
        _meter = new Meter(name, version);
        _silent = new Meter(name, version);

        // A disposed meter still makes instruments, and tells nobody of them.
        _silent.Dispose();
    }

    public TInstrument Create<TInstrument>(Func<Meter, TInstrument> create)
        where TInstrument : Instrument
    {
        try
        {
            return create(_meter);
        }
        catch (Exception)
        {
            // A listener threw out of InstrumentPublished. Nobody gets this instrument's measurements; all else works.
            return create(_silent);
        }
    }
}
