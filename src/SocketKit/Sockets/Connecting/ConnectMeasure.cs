using System.Diagnostics;
using System.Net;
using SocketKit.Telemetry;

namespace SocketKit.Sockets.Connecting;

/// <summary>The span and the duration of one round of a connect. Made only while somebody wants one of them.</summary>
internal sealed class ConnectMeasure
{
    public const string SpanName = "socket connect";
    public const string EventName = "connect attempt";

    private readonly TagList _target;
    private readonly Activity? _span;
    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>The round begins. The span is current on this flow until the round ends.</summary>
    /// <param name="target">The attributes of what the caller connects to.</param>
    /// <param name="transport">What carries the bytes.</param>
    public ConnectMeasure(in TagList target, Transport transport)
    {
        _target = target;
        if (Spans.HaveListeners)
        {
            TagList tags = target;
            tags.Add(AttributeNames.Transport, EndPointTags.NameOf(transport));
            _span = Spans.Start(SpanName, ActivityKind.Client, tags);
        }
    }

    public static bool IsWanted => Instruments.ConnectDuration.Enabled || Spans.HaveListeners;

    /// <summary>The round has ended with a connection, or with an error.</summary>
    /// <param name="attempts">The addresses that were tried.</param>
    /// <param name="peer">The peer's address; null if there is no connection.</param>
    /// <param name="errorType">The error; null if there is a connection.</param>
    public void End(IReadOnlyList<ConnectAttempt> attempts, EndPoint? peer, string? errorType)
    {
        Record(attempts.Count, errorType);
        if (_span is { } span)
        {
            foreach (ConnectAttempt attempt in attempts)
            {
                span.AddEvent(EventOf(span, attempt));
            }

            Describe(span, peer);
            End(span, errorType, exception: null);
        }
    }

    /// <summary>The round has ended with an exception that is not a network error, such as one of the caller's delegates.</summary>
    public void Fail(Exception exception)
    {
        string? errorType = exception is OperationCanceledException ? ErrorTypes.Canceled : exception.GetType().FullName;
        Record(0, errorType);
        if (_span is { } span)
        {
            End(span, errorType, exception);
        }
    }

    private void Record(int attempts, string? errorType)
    {
        if (!Instruments.ConnectDuration.Enabled)
        {
            return;
        }

        TagList tags = _target;
        tags.Add(AttributeNames.Attempts, attempts);
        if (errorType is not null)
        {
            tags.Add(AttributeNames.ErrorType, errorType);
        }

        Measure.Record(Instruments.ConnectDuration, Stopwatch.GetElapsedTime(_started), tags);
    }

    private ActivityEvent EventOf(Activity span, ConnectAttempt attempt)
    {
        var tags = new TagList { { "socketkit.connect.attempt.duration", attempt.Elapsed.TotalSeconds } };
        EndPointTags.Add(ref tags, attempt.EndPoint, AttributeNames.PeerAddress, AttributeNames.PeerPort);
        if (attempt.Error is { } error)
        {
            tags.Add(AttributeNames.ErrorType, ErrorTypes.Of(error.SocketErrorCode));
        }

        TimeSpan sinceStart = Stopwatch.GetElapsedTime(_started, attempt.Started);
        return new ActivityEvent(EventName, span.StartTimeUtc + sinceStart, new ActivityTagsCollection(tags));
    }

    private static void Describe(Activity span, EndPoint? peer)
    {
        var tags = default(TagList);
        EndPointTags.Add(ref tags, peer, AttributeNames.PeerAddress, AttributeNames.PeerPort);
        if (peer is IPEndPoint ip)
        {
            tags.Add(AttributeNames.NetworkType, EndPointTags.TypeOf(ip.AddressFamily));
        }

        foreach ((string name, object? value) in tags)
        {
            span.SetTag(name, value);
        }
    }

    private static void End(Activity span, string? errorType, Exception? exception)
    {
        if (errorType is not null)
        {
            Spans.Fail(span, errorType, exception);
        }

        Spans.End(span);
    }
}
