using System.Collections.Frozen;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Engine.Polling;
using SocketKit.Engine.Tasks;
using SocketKit.Errors;
using SocketKit.Sockets;
using SocketKit.Sockets.Limits;
using SocketKit.Unix;

namespace SocketKit;

/// <summary>
/// Listens on a Unix path or abstract name for sequenced-packet connections (SOCK_SEQPACKET) from this machine. Accept has three shapes;
/// each connection is a <see cref="UnixDatagramEndpoint"/>, which keeps the boundaries of messages and has an end.
/// </summary>
/// <remarks>
/// The socket file follows the rules of <see cref="UnixServer"/>. <see cref="SocketBase.ReceiveTimeout"/> is the accept time-out. The
/// options, and not the server object, set the mode and time-outs of accepted connections. Linux only.
/// </remarks>
/// <example>
/// <code>
/// using var server = UnixSequencedServer.Listen("/run/user/1000/jobs.sock");
/// await foreach (UnixDatagramEndpoint connection in server.AcceptAllAsync())
/// {
///     _ = ServeAsync(connection);
/// }
/// </code>
/// </example>
public sealed partial class UnixSequencedServer : SocketBase
{
    private readonly ListenerChannel _channel;
    private readonly BoundFile? _file;
    private readonly UnixSequencedServerOptions _options;
    private readonly ILogger _logger;
    private readonly ServerCounters _counters;
    private readonly TaskCompletionSource _acceptingEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _hasDuplicate;
    private int _stopped;

    private UnixSequencedServer(
        ListenerChannel channel, BoundFile? file, UnixSequencedServerOptions options, ILogger logger, ServerCounters counters)
        : base(options.AcceptTimeout, System.Threading.Timeout.InfiniteTimeSpan)
    {
        _channel = channel;
        _channel.Discarded = () => counters.Rejected(RejectReason.Stopping);
        _file = file;
        _options = options;
        _logger = logger;
        _counters = counters;
        LocalEndPoint = (UnixDomainSocketEndPoint)channel.Socket.LocalEndPoint!;
    }

    /// <summary>The path or abstract name that the server listens on. Readable after close.</summary>
    public override UnixDomainSocketEndPoint LocalEndPoint { get; }

    /// <summary>Not supported: a server sends no bytes.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override TimeSpan SendTimeout
    {
        get => throw NotOnServer(nameof(SendTimeout));
        set => throw NotOnServer(nameof(SendTimeout));
    }

    /// <summary>Not supported: a server receives no bytes.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override int Available => throw NotOnServer(nameof(Available));

    private protected override bool IsDisposed => Volatile.Read(ref _stopped) != 0;

    private protected override Socket InnerSocket => _channel.Socket;

    private protected override SocketEngine InnerEngine => _channel.Engine;

    internal override IPollTarget? PollTarget => _channel.PollTarget;

    /// <summary>Listens on a path: socket(2), fchmod(2), bind(2), listen(2).</summary>
    /// <param name="path">
    /// At most 107 bytes of UTF-8. <c>"\0name"</c> is an abstract name: it has no file, and disappears with its last socket.
    /// </param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The listening server.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The path is too long, or an option is out of range. No file was touched.</exception>
    /// <exception cref="ArgumentException">The path is empty or contains NUL.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="UnixServer.Listen"/>. No file is left behind.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// The path is an abstract name, or <see cref="UnixSequencedServerOptions.AllowedUserIds"/> is set, and the system is not Linux.
    /// </exception>
    public static UnixSequencedServer Listen(string path, UnixSequencedServerOptions? options = null)
    {
        var address = UnixAddress.Parse(path, nameof(path));
        UnixSequencedServerOptions copy = SocketOptions.Snapshot(options);
        Socket socket = SystemSocket.OpenFor(SocketOperation.Listen, address.EndPoint, SocketType.Seqpacket, ProtocolType.Unspecified);
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
            // Neither the file nor the descriptor may be left behind.
            file?.Delete();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Wraps a listening sequenced-packet socket that was made elsewhere. Its file is never deleted here.</summary>
    /// <param name="listening">The socket. Do not use it directly while it is wrapped. It stays the caller's if the call throws.</param>
    /// <param name="options">
    /// The options of the server and of accepted connections; null for the default options. The properties that concern listening have no
    /// effect here: <see cref="UnixSequencedServerOptions.Backlog"/>, <see cref="UnixSequencedServerOptions.Mode"/> and <see
    /// cref="SocketOptions.Configure"/>.
    /// </param>
    /// <param name="ownsSocket">
    /// Whether closing the server closes the socket. If true, closing calls shutdown(2), which also ends the listener for duplicates that
    /// <see cref="SocketBase.DuplicateHandle"/> has not made. Pass false for a listener that another process keeps, such as systemd's.
    /// </param>
    /// <returns>The server.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="listening"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="listening"/> is not a listening sequenced-packet socket, or an option is out of range.
    /// </exception>
    public static UnixSequencedServer FromSocket(Socket listening, UnixSequencedServerOptions? options = null, bool ownsSocket = true)
    {
        UnixSequencedServerOptions copy = SocketOptions.Snapshot(options);
        Adoption.CheckListening(listening, nameof(listening), SocketType.Seqpacket, "sequenced-packet", AddressFamily.Unix);
        return Over(listening, ownsSocket, null, copy);
    }

    /// <inheritdoc/>
    public override SafeSocketHandle DuplicateHandle()
    {
        ThrowIfDisposed(Duplicate);
        try
        {
            SafeSocketHandle duplicate = _channel.DuplicateHandle();
            _hasDuplicate = true;
            return duplicate;
        }
        catch (SocketException exception)
        {
            // The system's message names neither the operation nor the server.
            throw Faults.Failed(Duplicate, exception, this);
        }
    }

    /// <summary>The same as <see cref="SocketBase.Dispose()"/>.</summary>
    public override void Abort() => Dispose();

    internal override string WhyClosed => "the server was disposed";

    internal override string Describe(char arrow) => UnixNames.Show(LocalEndPoint);

    internal override string? WhyNotPolled(Readiness interest) => (interest & Readiness.Writable) != 0
        ? "a server sends nothing, so it is never writable."
        : null;

    private protected override IoTask WaitReadableCoreAsync(CancellationToken cancellationToken) =>
        _channel.WaitReadableAsync(cancellationToken);

    private protected override bool WaitReadableCore(TimeSpan timeout) => _channel.WaitReadable(timeout);

    private protected override bool WaitWritableCore(TimeSpan timeout) => throw NotOnServer(nameof(WaitWritable));

    /// <summary>Stops accepting, and deletes the file. Accepted connections stay open.</summary>
    private protected override void DisposeCore()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        // Whoever has a duplicate listens on, and clients find it by the file.
        if (!_hasDuplicate)
        {
            _file?.Delete();
        }

        _channel.Dispose();
        _acceptingEnded.TrySetResult();
    }

    private static UnixSequencedServer Over(Socket listening, bool ownsSocket, BoundFile? file, UnixSequencedServerOptions options)
    {
        SocketEngine engine = options.EngineOrDefault;
        ILogger logger = options.CreateLogger("SocketKit.UnixSequencedServer");
        var counters = new ServerCounters(listening);

        // The caller's collection may throw, so read it before the engine takes the socket.
        FrozenSet<uint>? allowed = PeerGuard.AllowedOn(listening, options.AllowedUserIds);
        ListenerChannel channel = engine.OpenListener(listening, ownsSocket);
        if (allowed is not null)
        {
            channel = new PeerGuard(channel, allowed, listening.LocalEndPoint, logger, new LogRate(TimeProvider.System), counters);
        }

        return new UnixSequencedServer(channel, file, options, logger, counters);
    }

    private static NotSupportedException NotOnServer(string member) =>
        new($"{member} has no meaning on a server; it concerns its connections.");
}
