namespace SocketKit.Sockets.Serving;

/// <summary>What a server of any family needs of its options.</summary>
internal interface IServerOptions
{
    SocketEngine? Engine { get; }

    TimeSpan AcceptTimeout { get; }

    TimeSpan DrainTimeout { get; }

    int MaxConnections { get; }
}
