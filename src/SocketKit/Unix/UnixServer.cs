using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Sockets;
using SocketKit.Unix;

namespace SocketKit;

/// <summary>Listens on a Unix path or abstract name for clients on this machine, and accepts them or serves them with a handler.</summary>
/// <remarks>
/// The file is created with mode 0600, independent of the umask, and deleted when the server stops if it is still this server's. A stale
/// socket file of the same user is replaced. The file of a live server or of another user, a regular file, a directory or a symbolic link
/// is left alone, and the call fails. On systems other than Linux no file is replaced, and the file is deleted by its name.
/// </remarks>
/// <example>
/// <code>
/// await using var server = UnixServer.Listen("/run/user/1000/echo.sock");
/// await server.ServeAsync(async (connection, cancellationToken) =>
///     await connection.SendAsync($"hello, user {connection.PeerCredentials.UserId}", cancellationToken));
/// </code>
/// </example>
public sealed class UnixServer : StreamServer<UnixConnection>
{
    private readonly UnixServerOptions _options;
    private readonly UnixListener _listener;

    private UnixServer(UnixListener listener, UnixServerOptions options)
        : base(listener.Channel, options, listener.Logger, listener.Counters)
    {
        _options = options;
        _listener = listener;
    }

    /// <summary>The path or abstract name that the server listens on. Readable after close.</summary>
    public override UnixDomainSocketEndPoint LocalEndPoint => (UnixDomainSocketEndPoint)base.LocalEndPoint!;

    /// <summary>Listens on a path: socket(2), fchmod(2), bind(2), listen(2).</summary>
    /// <param name="path">
    /// At most 107 bytes of UTF-8. <c>"\0name"</c> is an abstract name (Linux): it has no file, and disappears with its last socket.
    /// </param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The listening server.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The path is too long, or an option is out of range. No file was touched.</exception>
    /// <exception cref="ArgumentException">The path is empty or contains NUL.</exception>
    /// <exception cref="SocketOperationException">
    /// AddressAlreadyInUse: the path exists and is not a stale socket of the same user; it was left alone. AccessDenied: no permission for
    /// the directory. AddressNotAvailable: the directory does not exist. No file is left behind.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// The path is an abstract name, or <see cref="UnixServerOptions.AllowedUserIds"/> is set, and the system is not Linux.
    /// </exception>
    public static UnixServer Listen(string path, UnixServerOptions? options = null)
    {
        var address = UnixAddress.Parse(path, nameof(path));
        UnixServerOptions copy = SocketOptions.Snapshot(options);
        return new UnixServer(UnixListener.Listen(address, SocketType.Stream, copy, ValuesOf(copy)), copy);
    }

    /// <summary>Wraps a listening Unix stream socket that was made elsewhere. Its file is never deleted here.</summary>
    /// <param name="listening">The socket. Do not use it directly while it is wrapped. It stays the caller's if the call throws.</param>
    /// <param name="options">
    /// The options of the server and of accepted connections; null for the default options. The properties that concern listening have no
    /// effect here: <see cref="UnixServerOptions.Backlog"/>, <see cref="UnixServerOptions.Mode"/> and <see
    /// cref="SocketOptions.Configure"/>.
    /// </param>
    /// <param name="ownsSocket">
    /// Whether closing the server closes the socket. If true, closing calls shutdown(2), which also ends the listener for duplicates that
    /// <see cref="SocketBase.DuplicateHandle"/> has not made. Pass false for a listener that another process keeps, such as systemd's.
    /// </param>
    /// <returns>The server.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="listening"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="listening"/> is not a listening Unix stream socket, or an option is out of range.
    /// </exception>
    public static UnixServer FromSocket(Socket listening, UnixServerOptions? options = null, bool ownsSocket = true)
    {
        UnixServerOptions copy = SocketOptions.Snapshot(options);
        Adoption.CheckListening(listening, nameof(listening), SocketType.Stream, "Unix", AddressFamily.Unix);
        return new UnixServer(UnixListener.Over(listening, ownsSocket, copy, ValuesOf(copy)), copy);
    }

    private protected override UnixConnection Wrap(StreamChannel channel)
    {
        // An accepted Unix socket does not inherit the listener's buffer sizes (unix(7)).
        if (_options.HasBufferSize)
        {
            _options.ApplyTo(channel.Socket);
        }

        return new UnixConnection(channel, _options);
    }

    private protected override void OnDuplicated() => _listener.NoteDuplicate();

    private protected override void CleanUp() => _listener.DeleteFile();

    private static UnixListener.Values ValuesOf(UnixServerOptions options) =>
        new("SocketKit.UnixServer", options.Mode, options.Backlog, options.AllowedUserIds, options.Clock);
}
