namespace SocketKit.Sockets.Serving;

/// <summary>The options that a server of any address family needs.</summary>
/// <typeparam name="TConnection">The type of the accepted connections.</typeparam>
internal interface IServerOptions<TConnection> : IHandlerOptions<TConnection>
    where TConnection : StreamConnection
{
    SocketEngine? Engine { get; }

    TimeSpan AcceptTimeout { get; }

    TimeSpan DrainTimeout { get; }

    int MaxConnections { get; }

    /// <summary>The clock for pauses, drains and log rates; tests replace it.</summary>
    TimeProvider Clock { get; }
}
