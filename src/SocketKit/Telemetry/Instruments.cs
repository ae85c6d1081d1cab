using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SocketKit.Telemetry;

/// <summary>
/// The meter and the activity source of the library, and every instrument. What can be read at any time is observed, so that listeners run
/// on their own threads; only what happens once is pushed.
/// </summary>
internal static class Instruments
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "SocketKit";

    private const string Connections = "{connection}";
    private const string Datagram = "{datagram}";
    private const string Handshake = "{handshake}";

    /// <summary>As ASP.NET Core's server advises for connections, which may be short or stay for minutes.</summary>
    private static readonly double[] s_connectionBoundaries = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

    /// <summary>From a connect on the same machine to the default of the connect time-out.</summary>
    private static readonly double[] s_connectBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

    /// <summary>From a resumed one on the same machine to the default of the handshake's time-out.</summary>
    private static readonly double[] s_handshakeBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private static readonly string? s_version = typeof(Instruments).Assembly.GetName().Version?.ToString(fieldCount: 3);
    private static readonly GuardedMeter s_meter = new(Name, s_version);

    public static UpDownCounter<long> ServerConnections { get; } = s_meter.Create(static meter => meter.CreateUpDownCounter<long>(
        "socketkit.server.active_connections", Connections, "Connections that are being served."));

    public static Histogram<double> ServerDuration { get; } = s_meter.Create(static meter => meter.CreateHistogram<double>(
        "socketkit.server.connection.duration", "s", "How long connections were served.", tags: null, Advise(s_connectionBoundaries)));

    public static Counter<long> Rejected { get; } = s_meter.Create(static meter => meter.CreateCounter<long>(
        "socketkit.server.rejected_connections", Connections, "Connections that were closed before a handler saw them."));

    public static Counter<long> AcceptErrors { get; } = s_meter.Create(static meter => meter.CreateCounter<long>(
        "socketkit.server.accept.errors", "{error}", "How often accept(2) has failed. The server goes on each time."));

    public static UpDownCounter<long> ServerHandshakes { get; } = s_meter.Create(static meter => meter.CreateUpDownCounter<long>(
        "socketkit.server.active_tls_handshakes", Handshake, "Connections whose TLS handshake is under way."));

    public static Histogram<double> HandshakeDuration { get; } = s_meter.Create(static meter => meter.CreateHistogram<double>(
        "socketkit.server.tls_handshake.duration", "s", "How long TLS handshakes of servers took, from the accept on.", tags: null,
        Advise(s_handshakeBoundaries)));

    public static Histogram<double> ConnectDuration { get; } = s_meter.Create(static meter => meter.CreateHistogram<double>(
        "socketkit.client.connect.duration", "s", "How long connects took, with the name look-up and the TLS handshake.", tags: null,
        Advise(s_connectBoundaries)));

    public static UpDownCounter<long> ClientConnections { get; } = s_meter.Create(static meter => meter.CreateUpDownCounter<long>(
        "socketkit.client.active_connections", Connections, "Connections that this process has opened and not closed."));

    public static ObservableCounter<long> Io { get; } = s_meter.Create(static meter => meter.CreateObservableCounter<long>(
        "socketkit.io", StreamSums.Observe, "By", "Bytes of streams that were taken from the kernel and handed to it."));

    public static ObservableCounter<long> Datagrams { get; } = s_meter.Create(static meter => meter.CreateObservableCounter<long>(
        "socketkit.datagrams", DatagramSums.Observe, Datagram, "Datagrams that were received and sent."));

    public static ObservableCounter<long> DatagramsDropped { get; } = s_meter.Create(static meter => meter.CreateObservableCounter<long>(
        "socketkit.datagrams.dropped", DatagramSums.ObserveDropped, Datagram, "Datagrams that arrived and were lost, wholly or in part."));

    public static ObservableCounter<long> Takeovers { get; } = s_meter.Create(static meter => meter.CreateObservableCounter<long>(
        "socketkit.engine.takeovers", EngineMeasures.ObserveTakeovers, "{takeover}",
        "How often another thread has taken a loop over from a handler that blocks or computes."));

    public static ObservableUpDownCounter<long> Threads { get; } = s_meter.Create(static meter => meter.CreateObservableUpDownCounter<long>(
        "socketkit.engine.threads", EngineMeasures.ObserveThreads, "{thread}", "Threads of the epoll engines."));

    public static ObservableGauge<double> LoopUtilization { get; } = s_meter.Create(static meter => meter.CreateObservableGauge<double>(
        "socketkit.engine.loop.utilization", EngineMeasures.ObserveUtilization, "1",
        "The part of the time since the last look in which a loop did not wait for events."));

    /// <summary>Null if a listener threw when it was told of the source. Then there are no spans.</summary>
    public static ActivitySource? Source { get; } = CreateSource();

    private static InstrumentAdvice<double> Advise(double[] boundaries) => new() { HistogramBucketBoundaries = boundaries };

    private static ActivitySource? CreateSource()
    {
        try
        {
            return new ActivitySource(Name, s_version);
        }
        catch (Exception)
        {
            // A listener threw out of ShouldListenTo. All else works.
            return null;
        }
    }
}
