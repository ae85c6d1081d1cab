using System.Net;
using SocketKit.Sockets.Connecting;
using SocketKit.Tcp;

namespace SocketKit;

public sealed partial class TcpClient
{
    /// <summary>
    /// Keeps a connection to a host: connects, runs the handler, and does both again when the handler has ended or the connect has failed.
    /// The counterpart of <see cref="StreamServer{TConnection}.ServeAsync"/>.
    /// </summary>
    /// <remarks>
    /// There is one connection at a time. When the handler returns, its connection is closed gracefully. When it throws, its connection is
    /// aborted and the exception is reported once, as on a server: <see cref="TcpClientOptions.HandlerFailed"/>. The delays between
    /// connects are those of <see cref="TcpClientOptions.Retry"/>, and the name is looked up anew for each round.
    /// </remarks>
    /// <param name="host">A name, or an IPv4 or IPv6 address.</param>
    /// <param name="port">1 to 65 535.</param>
    /// <param name="handler">
    /// Gets each connection and <paramref name="cancellationToken"/>. It begins on the thread pool, and continues where
    /// <see cref="SocketOptions.Dispatch"/> says.
    /// </param>
    /// <param name="options">Null for the default options.</param>
    /// <param name="cancellationToken">
    /// Ends everything: a wait between two connects and a connect at once, and a handler that has not ended within
    /// <see cref="TcpClientOptions.DrainTimeout"/> by the abort of its connection. Cancellation-safe: no descriptor is left open.
    /// </param>
    /// <returns>
    /// A task that ends without an exception when the token fires, at the latest half a second after the drain time even if the handler
    /// never returns, or when the handler has returned on a healthy connection and <see cref="TcpClientOptions.StopWhenHandled"/> is set.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// An argument or option is out of range, or the host is a URL or contains a port. Nothing was tried.
    /// </exception>
    /// <exception cref="SocketConnectException">
    /// <see cref="RetryOptions.MaxAttempts"/> rounds in a row have failed; the error is that of the last one.
    /// </exception>
    /// <exception cref="TlsException">
    /// The last of these rounds had a connection, and lost it during the handshake of <see cref="TcpClientOptions.Tls"/>. Or one side has
    /// refused the other in the handshake, for instance for its certificate, which is not tried again.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    /// <example>
    /// <code>
    /// await TcpClient.KeepConnectedAsync("localhost", 12345, async (client, cancellationToken) =>
    /// {
    ///     var buffer = new byte[1024];
    ///     int n;
    ///     while ((n = await client.ReceiveAsync(buffer, cancellationToken)) > 0)
    ///         Console.WriteLine(Encoding.UTF8.GetString(buffer, 0, n));
    /// }, cancellationToken: stop);
    /// </code>
    /// </example>
    public static Task KeepConnectedAsync(
        string host,
        int port,
        Func<TcpClient, CancellationToken, Task> handler,
        TcpClientOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        TcpClientOptions copy = Keeping(options);
        return KeepAsync(TcpConnector.To(host, port, copy), handler, copy, cancellationToken);
    }

    /// <summary>
    /// The same as
    /// <see cref="KeepConnectedAsync(string, int, Func{TcpClient, CancellationToken, Task}, TcpClientOptions?, CancellationToken)"/>, for
    /// one address.
    /// </summary>
    /// <param name="remote">The address; its port is 1 to 65 535.</param>
    /// <param name="handler">
    /// Gets each connection and <paramref name="cancellationToken"/>. It begins on the thread pool, and continues where
    /// <see cref="SocketOptions.Dispatch"/> says.
    /// </param>
    /// <param name="options">Null for the default options.</param>
    /// <param name="cancellationToken">
    /// Ends everything: a wait between two connects and a connect at once, and a handler that has not ended within
    /// <see cref="TcpClientOptions.DrainTimeout"/> by the abort of its connection. Cancellation-safe: no descriptor is left open.
    /// </param>
    /// <returns>A task that ends without an exception, as that of the other form does.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range. Nothing was tried.</exception>
    /// <exception cref="SocketConnectException">
    /// <see cref="RetryOptions.MaxAttempts"/> rounds in a row have failed; the error is that of the last one.
    /// </exception>
    /// <exception cref="TlsException">
    /// The last of these rounds had a connection, and lost it during the handshake of <see cref="TcpClientOptions.Tls"/>. Or one side has
    /// refused the other in the handshake, for instance for its certificate, which is not tried again.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static Task KeepConnectedAsync(
        IPEndPoint remote,
        Func<TcpClient, CancellationToken, Task> handler,
        TcpClientOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        TcpClientOptions copy = Keeping(options);
        return KeepAsync(TcpConnector.To(remote, copy), handler, copy, cancellationToken);
    }

    private static TcpClientOptions Keeping(TcpClientOptions? options)
    {
        TcpClientOptions copy = TcpConnector.Snapshot(options);
        copy.Retry ??= new RetryOptions();
        return copy;
    }

    private static Task KeepAsync(
        TcpConnector connector,
        Func<TcpClient, CancellationToken, Task> handler,
        TcpClientOptions options,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return new ConnectionKeeper<TcpClient>(connector, handler, options, connector.Logger).RunAsync(cancellationToken);
    }
}
