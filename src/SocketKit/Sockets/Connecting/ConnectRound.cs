using System.Net.Sockets;

namespace SocketKit.Sockets.Connecting;

/// <summary>How one round of a connect ended: with a client, or with an exception that is thrown if no further round follows.</summary>
internal readonly record struct ConnectRound<TClient>(TClient? Client, Exception? Error, IReadOnlyList<ConnectAttempt> Attempts)
    where TClient : StreamConnection
{
    /// <summary>The code of the error; Success if there is a client.</summary>
    public SocketError Code { get; private init; }

    /// <summary>Whether another round would end in the same way.</summary>
    public bool IsFinal { get; private init; }

    public static ConnectRound<TClient> Connected(TClient client, IReadOnlyList<ConnectAttempt> attempts) => new(client, null, attempts);

    public static ConnectRound<TClient> Failed(SocketConnectException error) =>
        new(null, error, error.Attempts) { Code = error.SocketErrorCode };

    /// <summary>There was a connection, and its TLS handshake has failed.</summary>
    public static ConnectRound<TClient> Failed(TlsException error, IReadOnlyList<ConnectAttempt> attempts) =>
        new(null, error, attempts) { Code = HandshakeFaults.CodeOf(error), IsFinal = !HandshakeFaults.IsLoss(error) };
}
