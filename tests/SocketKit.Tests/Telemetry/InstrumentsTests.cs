using System.Diagnostics.Metrics;
using SocketKit.Telemetry;

namespace SocketKit.Tests.Telemetry;

/// <summary>The names and units that dashboards are made of. Whoever changes one breaks them.</summary>
public sealed class InstrumentsTests
{
    [Fact]
    public void Every_instrument_has_its_name_kind_and_unit()
    {
        var seen = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == "SocketKit")
                {
                    seen.Add($"{instrument.Name} {instrument.GetType().Name.Split('`')[0]} {instrument.Unit}");
                    instrument.Description.Should().EndWith(".");
                }
            },
        };

        Instruments.Source!.Name.Should().Be("SocketKit");
        listener.Start();

        seen.Should().BeEquivalentTo(
            "socketkit.server.active_connections UpDownCounter {connection}",
            "socketkit.server.connection.duration Histogram s",
            "socketkit.server.rejected_connections Counter {connection}",
            "socketkit.server.accept.errors Counter {error}",
            "socketkit.server.active_tls_handshakes UpDownCounter {handshake}",
            "socketkit.server.tls_handshake.duration Histogram s",
            "socketkit.client.connect.duration Histogram s",
            "socketkit.client.active_connections UpDownCounter {connection}",
            "socketkit.io ObservableCounter By",
            "socketkit.datagrams ObservableCounter {datagram}",
            "socketkit.datagrams.dropped ObservableCounter {datagram}",
            "socketkit.engine.takeovers ObservableCounter {takeover}",
            "socketkit.engine.threads ObservableUpDownCounter {thread}",
            "socketkit.engine.loop.utilization ObservableGauge 1");
    }

    [Fact]
    public void The_histograms_advise_boundaries_from_a_moment_to_minutes()
    {
        IReadOnlyList<double> boundaries = Instruments.ServerDuration.Advice!.HistogramBucketBoundaries!;

        (boundaries[0], boundaries[^1]).Should().Be((0.01, 300));
        boundaries.Should().BeInAscendingOrder();
        Instruments.HandshakeDuration.Advice!.HistogramBucketBoundaries.Should().BeInAscendingOrder();
        Instruments.ConnectDuration.Advice!.HistogramBucketBoundaries.Should().BeInAscendingOrder();
    }
}
