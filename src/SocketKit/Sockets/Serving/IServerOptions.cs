using System.Net;
using SocketKit.Tls;

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

    WhenFull WhenFull { get; }

    /// <summary>Null also where addresses tell nothing.</summary>
    int? MaxConnectionsPerAddress { get; }

    Func<IPAddress, bool>? AddressFilter { get; }

    TimeSpan FirstByteTimeout { get; }

    TimeSpan IdleTimeout { get; }

    TimeSpan SendStallTimeout { get; }

    /// <summary>How accepted connections are encrypted; null: they are not.</summary>
    TlsServerSettings? Tls { get; }

    /// <summary>The clock for pauses, drains, limits and log rates; tests replace it.</summary>
    TimeProvider Clock { get; }
}
