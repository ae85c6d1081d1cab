using System.Diagnostics.Metrics;

namespace SocketKit.Telemetry;

/// <summary>Measurements with network.io.direction, whose two values are those of OpenTelemetry.</summary>
internal static class Directions
{
    public static Measurement<long> Received(long value, params ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        Of("receive", value, tags);

    public static Measurement<long> Sent(long value, params ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        Of("transmit", value, tags);

    private static Measurement<long> Of(string direction, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        new(value, (KeyValuePair<string, object?>[])[new(AttributeNames.Direction, direction), .. tags]);
}
