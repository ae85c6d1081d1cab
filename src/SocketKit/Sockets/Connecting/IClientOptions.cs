using SocketKit.Sockets.Serving;

namespace SocketKit.Sockets.Connecting;

/// <summary>The options that keeping a connection needs, for any address family.</summary>
/// <typeparam name="TClient">The type of the connection.</typeparam>
internal interface IClientOptions<TClient> : IHandlerOptions<TClient>
    where TClient : StreamConnection
{
    RetryOptions? Retry { get; }

    bool StopWhenHandled { get; }

    TimeSpan DrainTimeout { get; }
}
