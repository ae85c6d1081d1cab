namespace SocketKit.Sockets.Serving;

/// <summary>What a server of any family needs of its options.</summary>
/// <typeparam name="TConnection">What the server accepts.</typeparam>
internal interface IServerOptions<TConnection>
    where TConnection : StreamConnection
{
    SocketEngine? Engine { get; }

    TimeSpan AcceptTimeout { get; }

    TimeSpan DrainTimeout { get; }

    int MaxConnections { get; }

    Action<TConnection, Exception>? HandlerFailed { get; }

    Func<Exception, bool>? IsPeerFault { get; }

    /// <summary>The clock of pauses, drains and log rates; tests have their own.</summary>
    TimeProvider Clock { get; }
}
