using System.Net;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Serving;
using SocketKit.Telemetry;

namespace SocketKit.IntegrationTests.Telemetry;

/// <summary>What the tests of telemetry share: the names of the instruments, and the attributes of a server.</summary>
public abstract class TelemetryTests<TEngine> : LimitTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private protected const string Active = "socketkit.server.active_connections";
    private protected const string Duration = "socketkit.server.connection.duration";
    private protected const string Rejections = "socketkit.server.rejected_connections";
    private protected const string AcceptErrors = "socketkit.server.accept.errors";
    private protected const string ActiveClients = "socketkit.client.active_connections";
    private protected const string ConnectDuration = "socketkit.client.connect.duration";
    private const string Io = "socketkit.io";

    /// <summary>The attribute by which the measurements of one server are told from others.</summary>
    private protected static (string, object?) TagOf(EndPoint server) => server is IPEndPoint ip
        ? (AttributeNames.ServerPort, ip.Port)
        : (AttributeNames.ServerAddress, server.ToString());

    private protected static (string, object?) Error(string? type) => (AttributeNames.ErrorType, type);

    /// <summary>"PeerReset" becomes "peer_reset"; a clean end has no error.</summary>
    private protected static string? TypeOf(CloseReason reason) =>
        reason is CloseReason.None or CloseReason.PeerFinished or CloseReason.LocalDispose
            ? null
            : ErrorTypes.SnakeCaseOf<CloseReason>()[(int)reason];

    /// <summary>The bytes of all streams of the process over a transport.</summary>
    private protected static ByteCount Read(MeterRecorder meter, string transport)
    {
        (string, object?) tag = (AttributeNames.Transport, NameOf(transport));
        return new ByteCount(
            meter.Read(Io, tag, (AttributeNames.Direction, "receive")), meter.Read(Io, tag, (AttributeNames.Direction, "transmit")));
    }

    private protected static ByteCount Since(ByteCount before, MeterRecorder meter, string transport)
    {
        ByteCount now = Read(meter, transport);
        return new ByteCount(now.Received - before.Received, now.Sent - before.Sent);
    }

    /// <summary>Waits until no connection of an earlier test moves bytes any more.</summary>
    private protected static Task BeQuietAsync()
    {
        ByteCount[] last = StreamSums.Default.Read();
        int same = 0;
        return Eventually.BeTrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                ByteCount[] now = StreamSums.Default.Read();
                same = now.SequenceEqual(last) ? same + 1 : 0;
                last = now;
                return same == 5;
            },
            "earlier tests have ended");
    }

    private static string NameOf(string transport) => EndPointTags.NameOf(transport == LimitedServer.Unix ? Transport.Unix : Transport.Tcp);
}
