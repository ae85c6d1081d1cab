namespace SocketKit.Sockets.Connecting;

/// <summary>How one round of a connect ended: with a client, or with an exception that nobody has thrown yet.</summary>
internal readonly record struct ConnectRound<TClient>(
    TClient? Client, SocketConnectException? Error, IReadOnlyList<ConnectAttempt> Attempts)
    where TClient : StreamConnection
{
    public static ConnectRound<TClient> Connected(TClient client, IReadOnlyList<ConnectAttempt> attempts) => new(client, null, attempts);

    public static ConnectRound<TClient> Failed(SocketConnectException error) => new(null, error, error.Attempts);
}
