using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SocketKit.Telemetry;

/// <summary>The measurements of one server. Its attributes are made once.</summary>
/// <param name="local">The address that it listens on; null if it is not known.</param>
/// <param name="isDualMode">Whether it takes IPv4 and IPv6.</param>
internal sealed class ServerMeasures(EndPoint? local, bool isDualMode)
{
    private readonly TagList _tags = EndPointTags.OfServer(local, isDualMode);

    /// <summary>A connection is being served. Returns whether that was told to anybody, and so its end has to be.</summary>
    public bool Begin()
    {
        bool isCounted = Instruments.ServerConnections.Enabled;
        if (isCounted)
        {
            Measure.Add(Instruments.ServerConnections, 1, _tags);
        }

        return isCounted;
    }

    /// <summary>A connection is no longer served.</summary>
    /// <param name="isCounted">The result of <see cref="Begin"/>: a listener that came later must not see a count below zero.</param>
    /// <param name="reason">Why it was closed.</param>
    /// <param name="duration">How long it was served.</param>
    public void End(bool isCounted, CloseReason reason, TimeSpan duration)
    {
        if (isCounted)
        {
            Measure.Add(Instruments.ServerConnections, -1, _tags);
        }

        if (Instruments.ServerDuration.Enabled)
        {
            Measure.Record(
                Instruments.ServerDuration,
                duration,
                ErrorTypes.Of(reason) is { } error ? With(AttributeNames.ErrorType, error) : _tags);
        }
    }

    /// <summary>A handshake has begun. Returns whether that was told to anybody, and so its end has to be.</summary>
    public bool BeginHandshake()
    {
        bool isCounted = Instruments.ServerHandshakes.Enabled;
        if (isCounted)
        {
            Measure.Add(Instruments.ServerHandshakes, 1, _tags);
        }

        return isCounted;
    }

    /// <summary>A handshake has ended.</summary>
    /// <param name="isCounted">The result of <see cref="BeginHandshake"/>.</param>
    /// <param name="duration">How long it took.</param>
    /// <param name="version">The version that was agreed on; null if it failed.</param>
    /// <param name="errorType">Why it failed; null if it did not.</param>
    public void EndHandshake(bool isCounted, TimeSpan duration, string? version, string? errorType)
    {
        if (isCounted)
        {
            Measure.Add(Instruments.ServerHandshakes, -1, _tags);
        }

        if (Instruments.HandshakeDuration.Enabled)
        {
            Measure.Record(
                Instruments.HandshakeDuration,
                duration,
                errorType is null ? With(AttributeNames.TlsVersion, version) : With(AttributeNames.ErrorType, errorType));
        }
    }

    public void Reject(string reason)
    {
        if (Instruments.Rejected.Enabled)
        {
            Measure.Add(Instruments.Rejected, With(AttributeNames.RejectReason, reason));
        }
    }

    public void FailAccept(SocketError error, Exception? unexpected)
    {
        if (Instruments.AcceptErrors.Enabled)
        {
            Measure.Add(Instruments.AcceptErrors, With(AttributeNames.ErrorType, ErrorTypes.OfAccept(error, unexpected)));
        }
    }

    private TagList With(string name, string? value)
    {
        TagList tags = _tags;
        tags.Add(name, value);
        return tags;
    }
}
