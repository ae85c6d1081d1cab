using System.Net;
using SocketKit.Engine;
using SocketKit.Tcp;

namespace SocketKit;

/// <summary>
/// A TCP connection that this side opens. If a name has several addresses, they are tried as Happy Eyeballs does (RFC 8305).
/// </summary>
/// <example>
/// <code>
/// using var client = TcpClient.Connect("localhost", 12345);
/// client.Timeout = TimeSpan.FromSeconds(5);
/// client.Send("hello"u8);
/// int n = client.Receive(buffer);
/// </code>
/// </example>
public sealed partial class TcpClient : TcpConnection
{
    internal TcpClient(StreamChannel channel, TcpClientOptions options, IReadOnlyList<ConnectAttempt> attempts, string dialled)
        : base(channel, options) => (ConnectAttempts, DialledHost) = (attempts, dialled);

    /// <summary>All addresses that were tried until the connection was made, including the one that succeeded.</summary>
    /// <value>With <see cref="TcpClientOptions.Retry"/> they are those of the last round.</value>
    public IReadOnlyList<ConnectAttempt> ConnectAttempts { get; }

    private protected override string DialledHost { get; }

    /// <summary>
    /// Connects to a host by name or literal address: getaddrinfo(3), connect(2). It waits for at most
    /// <see cref="TcpClientOptions.ConnectTimeout"/>; with <see cref="TcpClientOptions.Retry"/>, for as many rounds as that permits.
    /// </summary>
    /// <param name="host">A name, or an IPv4 or IPv6 address.</param>
    /// <param name="port">1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">
    /// An argument or option is out of range, or the host is a URL or contains a port. Nothing was tried.
    /// </exception>
    /// <exception cref="SocketConnectException">
    /// TimedOut: no connection within <see cref="TcpClientOptions.ConnectTimeout"/>. HostNotFound: the name is not known. TryAgain: no name
    /// server answered. TooManyOpenSockets: no descriptor is left. Otherwise the error of the last address. Every descriptor is closed.
    /// </exception>
    /// <exception cref="TlsException">
    /// The handshake of <see cref="TcpClientOptions.Tls"/> failed. The connection was aborted.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static TcpClient Connect(string host, int port, TcpClientOptions? options = null) =>
        TcpConnector.To(host, port, TcpConnector.Snapshot(options)).Connect();

    /// <summary>
    /// Connects to one address: connect(2). It waits for at most <see cref="TcpClientOptions.ConnectTimeout"/>; with
    /// <see cref="TcpClientOptions.Retry"/>, for as many rounds as that permits.
    /// </summary>
    /// <param name="remote">The address; its port is 1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range. Nothing was tried.</exception>
    /// <exception cref="SocketConnectException">
    /// The connect failed, or took longer than <see cref="TcpClientOptions.ConnectTimeout"/> (TimedOut). The descriptor is closed.
    /// </exception>
    /// <exception cref="TlsException">
    /// The handshake of <see cref="TcpClientOptions.Tls"/> failed. The connection was aborted.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static TcpClient Connect(IPEndPoint remote, TcpClientOptions? options = null) =>
        TcpConnector.To(remote, TcpConnector.Snapshot(options)).Connect();

    /// <summary>Connects to a host by name or literal address, without blocking a thread: getaddrinfo(3), connect(2).</summary>
    /// <param name="host">A name, or an IPv4 or IPv6 address.</param>
    /// <param name="port">1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <param name="cancellationToken">
    /// Cancels the connect, also between two rounds. Cancellation-safe: every descriptor is closed.
    /// </param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range. Nothing was tried.</exception>
    /// <exception cref="SocketConnectException">As for <see cref="Connect(string, int, TcpClientOptions?)"/>.</exception>
    /// <exception cref="TlsException">
    /// The handshake of <see cref="TcpClientOptions.Tls"/> failed. The connection was aborted.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static Task<TcpClient> ConnectAsync(
        string host, int port, TcpClientOptions? options = null, CancellationToken cancellationToken = default) =>
        TcpConnector.To(host, port, TcpConnector.Snapshot(options)).ConnectAsync(cancellationToken);

    /// <summary>Connects to one address, without blocking a thread: connect(2).</summary>
    /// <param name="remote">The address; its port is 1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <param name="cancellationToken">
    /// Cancels the connect, also between two rounds. Cancellation-safe: the descriptor is closed.
    /// </param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range. Nothing was tried.</exception>
    /// <exception cref="SocketConnectException">
    /// The connect failed, or took longer than <see cref="TcpClientOptions.ConnectTimeout"/> (TimedOut). The descriptor is closed.
    /// </exception>
    /// <exception cref="TlsException">
    /// The handshake of <see cref="TcpClientOptions.Tls"/> failed. The connection was aborted.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static Task<TcpClient> ConnectAsync(
        IPEndPoint remote, TcpClientOptions? options = null, CancellationToken cancellationToken = default) =>
        TcpConnector.To(remote, TcpConnector.Snapshot(options)).ConnectAsync(cancellationToken);

    /// <summary>
    /// The same as <see cref="Connect(string, int, TcpClientOptions?)"/>, but returns a failure instead of throwing it. Python's
    /// <c>connect_ex</c>, for names, too.
    /// </summary>
    /// <param name="host">A name, or an IPv4 or IPv6 address.</param>
    /// <param name="port">1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The connection, or why there is none. Then every descriptor is closed.</returns>
    /// <exception cref="ArgumentException">
    /// An argument or option is out of range, or the host is a URL or contains a port. Nothing was tried.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static ConnectResult TryConnect(string host, int port, TcpClientOptions? options = null) =>
        new(TcpConnector.To(host, port, TcpConnector.Snapshot(options)).Run());

    /// <summary>
    /// The same as <see cref="Connect(IPEndPoint, TcpClientOptions?)"/>, but returns a failure instead of throwing it. Python's
    /// <c>connect_ex</c>.
    /// </summary>
    /// <param name="remote">The address; its port is 1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The connection, or why there is none. Then the descriptor is closed.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range. Nothing was tried.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static ConnectResult TryConnect(IPEndPoint remote, TcpClientOptions? options = null) =>
        new(TcpConnector.To(remote, TcpConnector.Snapshot(options)).Run());

    /// <summary>
    /// The same as <see cref="ConnectAsync(string, int, TcpClientOptions?, CancellationToken)"/>, but returns a failure instead of throwing
    /// it. No thread is blocked.
    /// </summary>
    /// <param name="host">A name, or an IPv4 or IPv6 address.</param>
    /// <param name="port">1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <param name="cancellationToken">
    /// Cancels the connect, also between two rounds. Cancellation-safe: every descriptor is closed.
    /// </param>
    /// <returns>The connection, or why there is none. Then every descriptor is closed.</returns>
    /// <exception cref="ArgumentException">
    /// An argument or option is out of range, or the host is a URL or contains a port. Nothing was tried.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static Task<ConnectResult> TryConnectAsync(
        string host, int port, TcpClientOptions? options = null, CancellationToken cancellationToken = default) =>
        ResultAsync(TcpConnector.To(host, port, TcpConnector.Snapshot(options)), cancellationToken);

    /// <summary>
    /// The same as <see cref="ConnectAsync(IPEndPoint, TcpClientOptions?, CancellationToken)"/>, but returns a failure instead of throwing
    /// it. No thread is blocked.
    /// </summary>
    /// <param name="remote">The address; its port is 1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <param name="cancellationToken">
    /// Cancels the connect, also between two rounds. Cancellation-safe: the descriptor is closed.
    /// </param>
    /// <returns>The connection, or why there is none. Then the descriptor is closed.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range. Nothing was tried.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static Task<ConnectResult> TryConnectAsync(
        IPEndPoint remote, TcpClientOptions? options = null, CancellationToken cancellationToken = default) =>
        ResultAsync(TcpConnector.To(remote, TcpConnector.Snapshot(options)), cancellationToken);

    private static async Task<ConnectResult> ResultAsync(TcpConnector connector, CancellationToken cancellationToken) =>
        new(await connector.RunAsync(cancellationToken).ConfigureAwait(false));
}
