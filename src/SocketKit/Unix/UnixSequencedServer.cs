using System.Net.Sockets;
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
    private readonly UnixListener _listener;
    private readonly UnixSequencedServerOptions _options;
    private readonly TaskCompletionSource _acceptingEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _stopped;

    private UnixSequencedServer(UnixListener listener, UnixSequencedServerOptions options)
        : base(options.AcceptTimeout, System.Threading.Timeout.InfiniteTimeSpan)
    {
        _listener = listener;
        _options = options;
        Channel.Discarded = () => listener.Counters.Rejected(RejectReason.Stopping);
        LocalEndPoint = (UnixDomainSocketEndPoint)Channel.Socket.LocalEndPoint!;
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

    private ListenerChannel Channel => _listener.Channel;

    private protected override bool IsDisposed => Volatile.Read(ref _stopped) != 0;

    private protected override Socket InnerSocket => Channel.Socket;

    private protected override SocketEngine InnerEngine => Channel.Engine;

    internal override IPollTarget? PollTarget => Channel.PollTarget;

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
        return new UnixSequencedServer(UnixListener.Listen(address, SocketType.Seqpacket, copy, ValuesOf(copy)), copy);
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
        return new UnixSequencedServer(UnixListener.Over(listening, ownsSocket, copy, ValuesOf(copy)), copy);
    }

    /// <inheritdoc/>
    public override SafeSocketHandle DuplicateHandle()
    {
        ThrowIfDisposed(Duplicate);
        try
        {
            SafeSocketHandle duplicate = Channel.DuplicateHandle();
            _listener.NoteDuplicate();
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
        Channel.WaitReadableAsync(cancellationToken);

    private protected override bool WaitReadableCore(TimeSpan timeout) => Channel.WaitReadable(timeout);

    private protected override bool WaitWritableCore(TimeSpan timeout) => throw NotOnServer(nameof(WaitWritable));

    /// <summary>Stops accepting, and deletes the file. Accepted connections stay open.</summary>
    private protected override void DisposeCore()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        _listener.DeleteFile();
        Channel.Dispose();
        _acceptingEnded.TrySetResult();
    }

    private static UnixListener.Values ValuesOf(UnixSequencedServerOptions options) =>
        new("SocketKit.UnixSequencedServer", options.Mode, options.Backlog, options.AllowedUserIds, TimeProvider.System);

    private static NotSupportedException NotOnServer(string member) =>
        new($"{member} has no meaning on a server; it concerns its connections.");
}
