using SocketKit.Engine;
using SocketKit.Sockets.Connecting;
using SocketKit.Unix;

namespace SocketKit;

/// <summary>A connection that this side opens to a Unix path or abstract name.</summary>
/// <example>
/// <code>
/// using var client = UnixClient.Connect("/run/user/1000/echo.sock");
/// client.Send("hello"u8);
/// int n = client.Receive(buffer);
/// </code>
/// </example>
public sealed class UnixClient : UnixConnection
{
    internal UnixClient(StreamChannel channel, UnixClientOptions options)
        : base(channel, options)
    {
    }

    /// <summary>
    /// Connects to a path or abstract name: connect(2). It waits only while the server's backlog is full, for at most
    /// <see cref="UnixClientOptions.ConnectTimeout"/>; with <see cref="UnixClientOptions.Retry"/>, for as many rounds as that permits.
    /// </summary>
    /// <param name="path">At most 107 bytes of UTF-8. <c>"\0name"</c> is an abstract name (Linux).</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The path is too long, or an option is out of range. Nothing was tried.</exception>
    /// <exception cref="ArgumentException">The path is empty or contains NUL.</exception>
    /// <exception cref="SocketConnectException">
    /// AddressNotAvailable: there is no such file. ConnectionRefused: nobody listens there. AccessDenied: no permission for the file.
    /// TimedOut: the server's backlog stayed full. TooManyOpenSockets: no descriptor is left. The descriptor is closed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">The path is an abstract name, and the system is not Linux.</exception>
    public static UnixClient Connect(string path, UnixClientOptions? options = null) =>
        UnixConnector.To(path, SocketOptions.Snapshot(options)).Connect();

    /// <summary>Connects to a path or abstract name without blocking a thread: connect(2).</summary>
    /// <param name="path">At most 107 bytes of UTF-8. <c>"\0name"</c> is an abstract name (Linux).</param>
    /// <param name="options">Null for the default options.</param>
    /// <param name="cancellationToken">
    /// Cancels the connect, also between two rounds. Cancellation-safe: the descriptor is closed.
    /// </param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Connect"/>.</exception>
    /// <exception cref="SocketConnectException">As for <see cref="Connect"/>.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="PlatformNotSupportedException">The path is an abstract name, and the system is not Linux.</exception>
    public static Task<UnixClient> ConnectAsync(
        string path, UnixClientOptions? options = null, CancellationToken cancellationToken = default) =>
        UnixConnector.To(path, SocketOptions.Snapshot(options)).ConnectAsync(cancellationToken);

    /// <summary>The same as <see cref="Connect"/>, but returns a failure instead of throwing it. Python's <c>connect_ex</c>.</summary>
    /// <param name="path">At most 107 bytes of UTF-8. <c>"\0name"</c> is an abstract name (Linux).</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The connection, or why there is none. Then the descriptor is closed.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Connect"/>.</exception>
    /// <exception cref="PlatformNotSupportedException">The path is an abstract name, and the system is not Linux.</exception>
    public static UnixConnectResult TryConnect(string path, UnixClientOptions? options = null) =>
        new(UnixConnector.To(path, SocketOptions.Snapshot(options)).Run());

    /// <summary>
    /// The same as <see cref="ConnectAsync"/>, but returns a failure instead of throwing it. No thread is blocked.
    /// </summary>
    /// <param name="path">At most 107 bytes of UTF-8. <c>"\0name"</c> is an abstract name (Linux).</param>
    /// <param name="options">Null for the default options.</param>
    /// <param name="cancellationToken">
    /// Cancels the connect, also between two rounds. Cancellation-safe: the descriptor is closed.
    /// </param>
    /// <returns>The connection, or why there is none. Then the descriptor is closed.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Connect"/>.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="PlatformNotSupportedException">The path is an abstract name, and the system is not Linux.</exception>
    public static Task<UnixConnectResult> TryConnectAsync(
        string path, UnixClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        UnixConnector connector = UnixConnector.To(path, SocketOptions.Snapshot(options));
        return ResultAsync();

        async Task<UnixConnectResult> ResultAsync() => new(await connector.RunAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Keeps a connection to a path or abstract name: connects, runs the handler, and does both again when the handler has ended or the
    /// connect has failed. The counterpart of <see cref="StreamServer{TConnection}.ServeAsync"/>.
    /// </summary>
    /// <remarks>
    /// There is one connection at a time. When the handler returns, its connection is closed gracefully. When it throws, its connection is
    /// aborted and the exception is reported once, as on a server: <see cref="UnixClientOptions.HandlerFailed"/>. The delays between
    /// connects are those of <see cref="UnixClientOptions.Retry"/>.
    /// </remarks>
    /// <param name="path">At most 107 bytes of UTF-8. <c>"\0name"</c> is an abstract name (Linux).</param>
    /// <param name="handler">
    /// Gets each connection and <paramref name="cancellationToken"/>. It begins on the thread pool, and continues where
    /// <see cref="SocketOptions.Dispatch"/> says.
    /// </param>
    /// <param name="options">Null for the default options.</param>
    /// <param name="cancellationToken">
    /// Ends everything: a wait between two connects and a connect at once, and a handler that has not ended within
    /// <see cref="UnixClientOptions.DrainTimeout"/> by the abort of its connection. Cancellation-safe: no descriptor is left open.
    /// </param>
    /// <returns>
    /// A task that ends without an exception when the token fires, at the latest half a second after the drain time even if the handler
    /// never returns, or when the handler has returned on a healthy connection and <see cref="UnixClientOptions.StopWhenHandled"/> is set.
    /// </returns>
    /// <exception cref="ArgumentException">As for <see cref="Connect"/>.</exception>
    /// <exception cref="SocketConnectException">
    /// <see cref="RetryOptions.MaxAttempts"/> rounds in a row have failed; the error is that of the last one.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">The path is an abstract name, and the system is not Linux.</exception>
    public static Task KeepConnectedAsync(
        string path,
        Func<UnixClient, CancellationToken, Task> handler,
        UnixClientOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        UnixClientOptions copy = SocketOptions.Snapshot(options);
        copy.Retry ??= new RetryOptions();
        UnixConnector connector = UnixConnector.To(path, copy);
        ArgumentNullException.ThrowIfNull(handler);
        return new ConnectionKeeper<UnixClient>(connector, handler, copy, connector.Logger).RunAsync(cancellationToken);
    }
}
