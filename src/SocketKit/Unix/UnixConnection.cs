using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Sockets;
using SocketKit.Unix;

namespace SocketKit;

/// <summary>A stream over a Unix socket, accepted by a <see cref="UnixServer"/> or opened as a <see cref="UnixClient"/>.</summary>
/// <remarks>
/// There is no RST: after <see cref="SocketBase.Abort"/> the peer reads what was sent before, and then the end; if it had sent something that
/// was not read, it gets ConnectionReset.
/// </remarks>
public partial class UnixConnection : StreamConnection
{
    internal const int DefaultHandlesPerMessage = 16;

    private readonly PeerCredentials? _peer;

    internal UnixConnection(StreamChannel channel, UnixOptions? options)
        : base(channel, options)
    {
        _maxHandles = options?.MaxHandlesPerMessage ?? DefaultHandlesPerMessage;
        _peer = PeerCredentialsReader.Read(channel.Socket);
    }

    /// <summary>This side's path or abstract name: getsockname(2). Readable after close.</summary>
    /// <value>Null for a socket without a name, which a client's is as a rule.</value>
    public override UnixDomainSocketEndPoint? LocalEndPoint => UnixNames.Named(base.LocalEndPoint);

    /// <summary>The peer's path or abstract name: getpeername(2). Readable after close.</summary>
    /// <value>Null for a peer without a name, which a client is as a rule; <see cref="PeerCredentials"/> tells who it is.</value>
    public override UnixDomainSocketEndPoint? RemoteEndPoint => UnixNames.Named(base.RemoteEndPoint);

    /// <summary>Process, user and group of the peer, noted by the kernel when the connection was made: SO_PEERCRED. Readable after close.</summary>
    /// <exception cref="PlatformNotSupportedException">The system does not have SO_PEERCRED.</exception>
    public PeerCredentials PeerCredentials =>
        _peer ?? throw new PlatformNotSupportedException("Peer credentials (SO_PEERCRED) are available on Linux only.");

    /// <summary>Wraps a connected Unix stream socket that was made elsewhere.</summary>
    /// <param name="connected">The socket. It must not be used otherwise while wrapped.</param>
    /// <param name="ownsSocket">
    /// Whether closing the connection closes the socket. Closing then ends the connection, by shutdown(2), also for a duplicate of the descriptor
    /// that was made elsewhere. If not, it is left open, in the blocking state it had.
    /// </param>
    /// <returns>The connection, without time-outs; its options are left as they are.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="connected"/> is null.</exception>
    /// <exception cref="ArgumentException">It is not a connected Unix stream socket.</exception>
    public static UnixConnection FromSocket(Socket connected, bool ownsSocket = true)
    {
        Adoption.CheckConnected(connected, nameof(connected), SocketType.Stream, "Unix", AddressFamily.Unix);
        return new UnixConnection(SocketEngine.Default.AdoptStream(connected, ownsSocket), null);
    }

    /// <summary>Two connections joined to each other, without names: socketpair(2), close-on-exec. Python's <c>socketpair</c>.</summary>
    /// <returns>The two ends, without time-outs.</returns>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux; <see cref="TcpConnection.CreatePair"/> works everywhere.</exception>
    /// <exception cref="SocketException">TooManyOpenSockets: no descriptor is left.</exception>
    public static (UnixConnection First, UnixConnection Second) CreatePair()
    {
        (Socket first, Socket second) = UnixPair.Open(SocketType.Stream);
        return (new UnixConnection(SocketEngine.Default.OpenStream(first), null), new UnixConnection(SocketEngine.Default.OpenStream(second), null));
    }

    internal override string Describe(char arrow) => $"{UnixNames.Show(LocalEndPoint)} {arrow} {UnixNames.Show(RemoteEndPoint)}";
}
