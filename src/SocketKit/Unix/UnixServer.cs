using System.Collections.Frozen;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Engine.Platform;
using SocketKit.Sockets;
using SocketKit.Unix;

namespace SocketKit;

/// <summary>A server on a Unix path or abstract name, for clients on this machine.</summary>
/// <remarks>
/// The file is made with mode 0600 whatever the umask, and deleted on stop if it is still this server's. A stale socket file of our own
/// user is replaced; a live server's file, another user's, a regular file, a directory or a symbolic link is refused and left alone. On
/// systems other than Linux nothing is ever replaced, and the file is deleted by its name.
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
    private readonly BoundFile? _file;

    private UnixServer(ListenerChannel channel, BoundFile? file, UnixServerOptions options, ILogger logger)
        : base(channel, options, logger)
    {
        _options = options;
        _file = file;
    }

    /// <summary>The path or abstract name it listens on. Readable after close.</summary>
    public override UnixDomainSocketEndPoint LocalEndPoint => (UnixDomainSocketEndPoint)base.LocalEndPoint!;

    /// <summary>Listens on a path: socket(2), fchmod(2), bind(2), listen(2).</summary>
    /// <param name="path">
    /// At most 107 bytes of UTF-8. <c>"\0name"</c> is an abstract name (Linux): no file, gone with its last socket.
    /// </param>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>The listening server.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The path is too long, or an option is out of its range; nothing was touched.
    /// </exception>
    /// <exception cref="ArgumentException">The path is empty or contains NUL.</exception>
    /// <exception cref="SocketException">
    /// AddressAlreadyInUse: something that is not a stale socket of ours is there, and was left alone. AccessDenied: no right to the
    /// directory. AddressNotAvailable: no such directory. No file is left behind.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// An abstract name or <see cref="UnixServerOptions.AllowedUserIds"/> where there are none.
    /// </exception>
    public static UnixServer Listen(string path, UnixServerOptions? options = null)
    {
        var address = UnixAddress.Parse(path, nameof(path));
        UnixServerOptions copy = SocketOptions.Snapshot(options);
        Socket socket = SystemSocket.OpenFor(SocketOperation.Listen, address.EndPoint, SocketType.Stream, ProtocolType.Unspecified);
        BoundFile? file = null;
        try
        {
            copy.ApplyTo(socket);
            copy.RunConfigure(socket);
            file = UnixBinding.Bind(socket, address, copy.Mode, SocketOperation.Listen);
            UnixBinding.Listen(socket, address, copy.Backlog);
            return Over(socket, true, file, copy);
        }
        catch
        {
            // Nothing leaks when the path is refused or the caller's hook throws.
            file?.Delete();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Wraps a listening Unix stream socket that was made elsewhere. Its file is its maker's business.</summary>
    /// <param name="listening">The socket. It must not be used otherwise while wrapped.</param>
    /// <param name="ownsSocket">Whether closing the server closes the socket.</param>
    /// <param name="options">For the server and the accepted connections; backlog and mode are as they are. Null for the defaults.</param>
    /// <returns>The server.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="listening"/> is null.</exception>
    /// <exception cref="ArgumentException">It is not a listening Unix stream socket, or an option is out of its range.</exception>
    public static UnixServer FromSocket(Socket listening, bool ownsSocket = true, UnixServerOptions? options = null)
    {
        Adoption.CheckListening(listening, nameof(listening), "Unix", AddressFamily.Unix);
        return Over(listening, ownsSocket, null, SocketOptions.Snapshot(options));
    }

    private protected override UnixConnection Wrap(StreamChannel channel)
    {
        // unix(7): an accepted socket does not inherit the listener's buffer sizes.
        if (_options.HasBufferSize)
        {
            _options.ApplyTo(channel.Socket);
        }

        return new UnixConnection(channel, _options);
    }

    private protected override void CleanUp() => _file?.Delete();

    private static UnixServer Over(Socket listening, bool ownsSocket, BoundFile? file, UnixServerOptions options)
    {
        SocketEngine engine = options.EngineOrDefault;
        ILogger logger = options.CreateLogger("SocketKit.UnixServer");

        // Before the engine takes the socket: the caller's collection may throw.
        FrozenSet<uint>? allowed = AllowedUsers(listening, options);
        ListenerChannel channel = engine.OpenListener(listening, ownsSocket);
        if (allowed is not null)
        {
            channel = new PeerGuard(channel, allowed, listening.LocalEndPoint, logger, new LogRate(options.Clock));
        }

        return new UnixServer(channel, file, options, logger);
    }

    /// <summary>Null for everybody. An abstract name has no file whose mode could keep others out (CVE-2020-15257).</summary>
    private static FrozenSet<uint>? AllowedUsers(Socket listening, UnixServerOptions options) =>
        options.AllowedUserIds is { } asked ? asked.ToFrozenSet()
        : UnixNames.IsAbstract(listening.LocalEndPoint) && SocketFiles.EffectiveUser is { } user ? new[] { user }.ToFrozenSet()
        : null;
}
