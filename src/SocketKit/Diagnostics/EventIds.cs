namespace SocketKit.Diagnostics;

/// <summary>The ids of all log events of the library. A retired id is not reused.</summary>
internal static class EventIds
{
    // 1000-1099: servers
    public const int ServerListening = 1000;
    public const int ConnectionAccepted = 1001;
    public const int ConnectionClosed = 1002;
    public const int HandlerFailed = 1003;
    public const int AcceptRetried = 1004;
    public const int AcceptStarved = 1005;
    public const int ConnectionRejected = 1006;
    public const int ServerStopped = 1007;
    public const int HandlerDisconnected = 1008;
    public const int StopCallbackFailed = 1009;
    public const int PeerTurnedAway = 1010;
    public const int ConnectionNotServed = 1011;
    public const int AcceptBroke = 1012;
    public const int AddressFilterFailed = 1013;
    public const int AcceptPaused = 1014;
    public const int MaxConnectionsLowered = 1015;

    // 1100-1199: clients
    public const int Connected = 1100;
    public const int ConnectFailed = 1101;
    public const int ConnectRetried = 1102;
    public const int ConnectionLost = 1103;
    public const int ConnectionWrapped = 1104;
    public const int ConnectedAfterRetries = 1105;

    // 1200-1299: datagram endpoints
    public const int EndpointOpened = 1200;
    public const int EndpointClosed = 1201;

    // 1300-1399: TLS
    public const int TlsEstablished = 1300;
    public const int TlsHandshakeFailed = 1301;
    public const int TlsCertificateUnusable = 1302;
    public const int TlsHostCertificateMismatch = 1303;

    // 3000-3099: engines
    public const int EngineUnavailable = 3000;
    public const int EngineFellBack = 3001;
}
