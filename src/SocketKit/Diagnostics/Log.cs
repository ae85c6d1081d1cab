using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace SocketKit.Diagnostics;

/// <summary>
/// The log messages of the library. Nothing that one client of a server does is above Debug. Faults of the application or the machine may
/// be above it, and so may a server that sends this client what is no message, and, at a bounded rate, connections that a limit turns away
/// and connects that are tried again.
/// </summary>
internal static partial class Log
{
    /// <summary>An address for a line; a Unix socket may have none.</summary>
    public static object Name(EndPoint? endPoint) => (object?)endPoint ?? "(unnamed)";

    [LoggerMessage(EventIds.ServerListening, LogLevel.Information, "Listening on {EndPoint} with the {Engine}.")]
    public static partial void ServerListening(ILogger logger, EndPoint? endPoint, string engine);

    [LoggerMessage(EventIds.ConnectionAccepted, LogLevel.Debug, "Connection {Id} accepted on {Local} from {Remote}.")]
    public static partial void ConnectionAccepted(ILogger logger, string id, object local, object remote);

    [LoggerMessage(EventIds.ConnectionClosed, LogLevel.Debug,
        "Connection {Id} closed: {Reason}, after {Duration}; received {BytesReceived} bytes, sent {BytesSent} bytes.")]
    public static partial void ConnectionClosed(
        ILogger logger, string id, CloseReason reason, TimeSpan duration, long bytesReceived, long bytesSent);

    [LoggerMessage(EventIds.HandlerFailed, LogLevel.Error,
        "The handler of connection {Id} with {Remote} threw; the connection was aborted.")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, string id, EndPoint? remote);

    [LoggerMessage(EventIds.HandlerDisconnected, LogLevel.Debug,
        "The handler of connection {Id} ended because of its connection or its peer; close reason: {Reason}.")]
    public static partial void HandlerDisconnected(ILogger logger, Exception exception, string id, CloseReason reason);

    [LoggerMessage(EventIds.StopCallbackFailed, LogLevel.Error,
        "A callback on a token of the server threw while the server was being stopped.")]
    public static partial void StopCallbackFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventIds.AcceptRetried, LogLevel.Debug, "Accept on {EndPoint} failed with {Error}; accepting goes on.")]
    public static partial void AcceptRetried(ILogger logger, EndPoint? endPoint, SocketError error);

    [LoggerMessage(EventIds.AcceptStarved, LogLevel.Warning,
        "Accept on {EndPoint} failed with {Error}: out of descriptors or memory. Waiting clients were turned away; next try in {Delay}.")]
    public static partial void AcceptStarved(ILogger logger, EndPoint? endPoint, SocketError error, TimeSpan delay);

    [LoggerMessage(EventIds.ConnectionRejected, LogLevel.Warning,
        "Rejected {Count} connections on {EndPoint} since the last such line; the last one, from {Remote}, because {Reason}.")]
    public static partial void ConnectionRejected(ILogger logger, int count, EndPoint? endPoint, EndPoint? remote, string reason);

    [LoggerMessage(EventIds.AddressFilterFailed, LogLevel.Error,
        "The AddressFilter of the server on {EndPoint} threw; the connection was refused.")]
    public static partial void AddressFilterFailed(ILogger logger, Exception exception, EndPoint? endPoint);

    [LoggerMessage(EventIds.AcceptPaused, LogLevel.Warning,
        "Accepting on {EndPoint} was paused {Count} times since the last such line, because {Limit} are being served.")]
    public static partial void AcceptPaused(ILogger logger, EndPoint? endPoint, int count, int limit);

    [LoggerMessage(EventIds.MaxConnectionsLowered, LogLevel.Warning,
        "At most {Limit} connections are served on {EndPoint}, and not {MaxConnections}, so that the process has descriptors left for "
        + "all else. Raise its limit of open files (RLIMIT_NOFILE).")]
    public static partial void MaxConnectionsLowered(ILogger logger, EndPoint? endPoint, int limit, int maxConnections);

    [LoggerMessage(EventIds.PeerTurnedAway, LogLevel.Warning,
        "Turned away {Count} connections on {EndPoint} since the last such line; the last one was of user {User}, process "
        + "{Process}, who is not among the allowed users.")]
    public static partial void PeerTurnedAway(ILogger logger, int count, EndPoint? endPoint, uint? user, int? process);

    [LoggerMessage(EventIds.ConnectionNotServed, LogLevel.Error,
        "A connection that was accepted on {EndPoint} could not be served and was closed; accepting goes on.")]
    public static partial void ConnectionNotServed(ILogger logger, Exception exception, EndPoint? endPoint);

    [LoggerMessage(EventIds.AcceptBroke, LogLevel.Error, "Accept on {EndPoint} threw; accepting goes on.")]
    public static partial void AcceptBroke(ILogger logger, Exception exception, EndPoint? endPoint);

    [LoggerMessage(EventIds.ServerStopped, LogLevel.Information, "Stopped listening on {EndPoint}; {Aborted} connections were aborted.")]
    public static partial void ServerStopped(ILogger logger, EndPoint? endPoint, int aborted);

    [LoggerMessage(EventIds.Connected, LogLevel.Debug, "Connection {Id} opened from {Local} to {Remote}, attempt {Attempt}.")]
    public static partial void Connected(ILogger logger, string id, object local, object remote, int attempt);

    [LoggerMessage(EventIds.ConnectFailed, LogLevel.Debug, "No connection to {Target}: {Error}, {Attempts} addresses tried.")]
    public static partial void ConnectFailed(ILogger logger, string target, SocketError error, int attempts);

    [LoggerMessage(EventIds.ConnectRetried, LogLevel.Warning,
        "Connect to {Target} failed with {Error} in round {Round}; the next round begins in {Delay}.")]
    public static partial void ConnectRetried(ILogger logger, string target, object error, int round, TimeSpan delay);

    [LoggerMessage(EventIds.ConnectedAfterRetries, LogLevel.Information, "Connected to {Target} in round {Round}.")]
    public static partial void ConnectedAfterRetries(ILogger logger, string target, int round);

    [LoggerMessage(EventIds.ConnectionLost, LogLevel.Debug,
        "The handler of connection {Id} to {Target} has ended; close reason: {Reason}. The next connect begins in {Delay}.")]
    public static partial void ConnectionLost(ILogger logger, string id, string target, CloseReason reason, TimeSpan delay);

    [LoggerMessage(EventIds.ConnectionWrapped, LogLevel.Debug, "Connection {Id} between {Local} and {Remote} was made from a socket.")]
    public static partial void ConnectionWrapped(ILogger logger, string id, object local, object remote);

    [LoggerMessage(EventIds.EndpointOpened, LogLevel.Debug, "{Kind} opened on {Local} with the {Engine}; its peer: {Remote}.")]
    public static partial void EndpointOpened(ILogger logger, string kind, EndPoint? local, EndPoint? remote, string engine);

    [LoggerMessage(EventIds.EndpointClosed, LogLevel.Debug, "{Kind} on {Local} closed.")]
    public static partial void EndpointClosed(ILogger logger, string kind, EndPoint? local);

    [LoggerMessage(EventIds.TlsEstablished, LogLevel.Debug,
        "Connection {Id} speaks {Protocol} with {CipherSuite}; application protocol: {ApplicationProtocol}, host name: {HostName}.")]
    public static partial void TlsEstablished(
        ILogger logger, string id, SslProtocols protocol, TlsCipherSuite cipherSuite, string applicationProtocol, string hostName);

    [LoggerMessage(EventIds.TlsHandshakeFailed, LogLevel.Debug, "The TLS handshake of connection {Id} failed: {Reason}")]
    public static partial void TlsHandshakeFailed(ILogger logger, string id, string reason);

    [LoggerMessage(EventIds.TlsCertificateUnusable, LogLevel.Error,
        "{Count} TLS handshakes on {EndPoint} failed since the last such line, because this side cannot use its own certificate; the last "
        + "one, from {Remote}: {Reason}")]
    public static partial void TlsCertificateUnusable(ILogger logger, int count, EndPoint? endPoint, EndPoint? remote, string reason);

    [LoggerMessage(EventIds.TlsHostCertificateMismatch, LogLevel.Warning,
        "HostCertificates has a certificate for {Host} on {EndPoint} that is for: {Names}. Clients that ask for {Host} will refuse it.")]
    public static partial void TlsHostCertificateMismatch(ILogger logger, string host, EndPoint? endPoint, string names);

    [LoggerMessage(EventIds.EngineUnavailable, LogLevel.Warning, "This is the {Engine}. The names are: {Names}.")]
    public static partial void EngineUnavailable(ILogger logger, string engine, string names);

    [LoggerMessage(EventIds.EngineFellBack, LogLevel.Debug, "The default engine cannot be had: this is the {Engine}.")]
    public static partial void EngineFellBack(ILogger logger, string engine);
}
