namespace SocketKit.Telemetry;

/// <summary>
/// The names of attributes on measurements and spans. Those that do not begin with "socketkit" are of OpenTelemetry's semantic conventions,
/// except for the two short ones.
/// </summary>
internal static class AttributeNames
{
    public const string Transport = "network.transport";
    public const string NetworkType = "network.type";
    public const string Direction = "network.io.direction";
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";
    public const string ErrorType = "error.type";

    // On spans only: the addresses of peers are personal data, and would make a time series of each client.
    public const string LocalAddress = "network.local.address";
    public const string LocalPort = "network.local.port";
    public const string PeerAddress = "network.peer.address";
    public const string PeerPort = "network.peer.port";
    public const string ConnectionId = "socketkit.connection.id";

    public const string TlsVersion = "tls.protocol.version";

    // On spans only.
    public const string TlsCipher = "tls.cipher";
    public const string TlsNextProtocol = "tls.next_protocol";
    public const string TlsServerName = "tls.client.server_name";

    public const string RejectReason = "socketkit.reject.reason";
    public const string Attempts = "socketkit.connect.attempts";
    public const string Reason = "reason";
    public const string Loop = "loop";
}
