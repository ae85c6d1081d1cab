using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Sockets;
using SocketKit.Telemetry;
using SocketKit.Tls;
using SocketKit.Unix;

namespace SocketKit;

/// <summary>
/// A stream over a Unix socket that a <see cref="UnixServer"/> accepted, or that this side opened as a <see cref="UnixClient"/>.
/// </summary>
/// <remarks>
/// Unix sockets have no RST. After <see cref="SocketBase.Abort"/> the peer receives what was sent before, and then the end. If this side
/// had not read all bytes of the peer, the peer gets ConnectionReset.
/// </remarks>
public partial class UnixConnection : StreamConnection
{
    internal const int DefaultHandlesPerMessage = 16;

    private readonly PeerCredentials? _peer;

    internal UnixConnection(StreamChannel channel, UnixOptions? options)
        : base(channel, options, Transport.Unix)
    {
        _maxHandles = options?.MaxHandlesPerMessage ?? DefaultHandlesPerMessage;
        _peer = PeerCredentialsReader.Read(channel);
    }

    /// <summary>The local path or abstract name: getsockname(2). Readable after close.</summary>
    /// <value>Null for a socket without a name, which most clients have.</value>
    public override UnixDomainSocketEndPoint? LocalEndPoint => UnixNames.Named(base.LocalEndPoint);

    /// <summary>The peer's path or abstract name: getpeername(2). Readable after close.</summary>
    /// <value>Null for a peer without a name, such as most clients; <see cref="PeerCredentials"/> identifies it.</value>
    public override UnixDomainSocketEndPoint? RemoteEndPoint => UnixNames.Named(base.RemoteEndPoint);

    /// <summary>
    /// The process, user and group of the peer, as the kernel recorded them when the connection was made: SO_PEERCRED. Readable after
    /// close.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">The system does not have SO_PEERCRED.</exception>
    public PeerCredentials PeerCredentials =>
        _peer ?? throw new PlatformNotSupportedException("Peer credentials (SO_PEERCRED) are available on Linux only.");

    /// <summary>Wraps a connected Unix stream socket that was made elsewhere.</summary>
    /// <param name="connected">The socket. Do not use it directly while it is wrapped. It stays the caller's if the call throws.</param>
    /// <param name="options">
    /// Null: no time-outs, and the socket's options are unchanged. The properties that concern connecting have no effect here:
    /// <see cref="UnixClientOptions.ConnectTimeout"/>, <see cref="UnixClientOptions.Retry"/>,
    /// <c>StopWhenHandled</c>, <c>DrainTimeout</c>, <c>HandlerFailed</c>, <c>IsPeerFault</c> and
    /// <see cref="SocketOptions.Configure"/>.
    /// </param>
    /// <param name="ownsSocket">
    /// Whether closing the connection closes the socket. If true, closing calls shutdown(2), which also ends the connection for duplicates
    /// that <see cref="SocketBase.DuplicateHandle"/> has not made. If false, the socket stays open, in the blocking mode that it had
    /// before.
    /// </param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="connected"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="connected"/> is not a connected Unix stream socket, or an option is out of range.
    /// </exception>
    /// <exception cref="SocketOperationException">The system refused an option.</exception>
    public static UnixConnection FromSocket(Socket connected, UnixClientOptions? options = null, bool ownsSocket = true)
    {
        UnixClientOptions? copy = Adoption.Snapshot(options);
        Adoption.CheckConnected(connected, nameof(connected), SocketType.Stream, "Unix", AddressFamily.Unix);
        copy?.ApplyTo(connected);
        return Adoption.Logged(new UnixConnection(Adoption.EngineOf(copy).AdoptStream(connected, ownsSocket), copy), copy);
    }

    /// <summary>
    /// Makes two connections that are connected to each other, without names: socketpair(2), close-on-exec. Python's <c>socketpair</c>.
    /// </summary>
    /// <param name="options">
    /// The options of both ends; null for the default options. The properties that concern connecting have no effect here:
    /// <see cref="UnixClientOptions.ConnectTimeout"/>, <see cref="UnixClientOptions.Retry"/>,
    /// <c>StopWhenHandled</c>, <c>DrainTimeout</c>, <c>HandlerFailed</c>, <c>IsPeerFault</c>.
    /// <see cref="SocketOptions.Configure"/> is called with both ends.
    /// </param>
    /// <returns>The two ends.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// The system is not Linux; <see cref="TcpConnection.CreatePair"/> works everywhere.
    /// </exception>
    /// <exception cref="SocketOperationException">TooManyOpenSockets: no descriptor is left. Or the system refused an option.</exception>
    public static (UnixConnection First, UnixConnection Second) CreatePair(UnixClientOptions? options = null)
    {
        UnixClientOptions copy = SocketOptions.Snapshot(options);
        (Socket first, Socket second) = UnixPair.Create(SocketType.Stream, copy);
        return (Joined(first, copy), Joined(second, copy));
    }

    private static UnixConnection Joined(Socket socket, UnixClientOptions options) =>
        Adoption.Logged(new UnixConnection(options.EngineOrDefault.OpenStream(socket), options), options);

    internal override string? Explain(SocketOperation operation, SocketError error, EndPoint? remote) =>
        base.Explain(operation, error, remote)
        ?? (error == SocketError.OperationNotSupported && Channel is TlsChannel
            ? "the connection speaks TLS, and handles cannot be encrypted (OperationNotSupported). It stays usable; send handles before "
                + "the upgrade, or over another connection."
            : UnixFaults.Explain(error, remote));

    internal override string Describe(char arrow) => $"{UnixNames.Show(LocalEndPoint)} {arrow} {UnixNames.Show(RemoteEndPoint)}";
}
