using System.Diagnostics;
using System.Net;
using SocketKit.Engine;

namespace SocketKit.Telemetry;

/// <summary>The span around the handler of a served connection.</summary>
internal static class ConnectionSpan
{
    public const string Name = "connection";

    /// <summary>Starts the span, which is current in the handler. Null if nobody wants it.</summary>
    public static Activity? Start(StreamChannel channel, Transport transport, string id)
    {
        EndPoint? local = channel.LocalEndPoint;
        var tags = new TagList
        {
            { AttributeNames.ConnectionId, id },
            { AttributeNames.Transport, EndPointTags.NameOf(transport) },
        };
        if (local is IPEndPoint ip)
        {
            tags.Add(AttributeNames.NetworkType, EndPointTags.TypeOf(ip.AddressFamily));
        }

        EndPointTags.Add(ref tags, local, AttributeNames.LocalAddress, AttributeNames.LocalPort);
        EndPointTags.Add(ref tags, channel.RemoteEndPoint, AttributeNames.PeerAddress, AttributeNames.PeerPort);
        return Spans.Start(Name, ActivityKind.Server, tags);
    }

    /// <summary>Ends the span.</summary>
    /// <param name="span">The span.</param>
    /// <param name="reason">Why the connection was closed.</param>
    /// <param name="failure">What the handler threw; null if it returned or was cancelled by the stop.</param>
    public static void End(Activity span, CloseReason reason, Exception? failure)
    {
        string? errorType = ErrorTypes.Of(reason);
        if (errorType is not null || failure is not null)
        {
            Spans.Fail(span, errorType, failure);
        }

        Spans.End(span);
    }
}
