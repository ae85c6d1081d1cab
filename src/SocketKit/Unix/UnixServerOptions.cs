using System.Net;
using SocketKit.Sockets.Serving;
using SocketKit.Tls;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>Options of <see cref="UnixServer"/>. Blocking mode and time-outs apply to the accepted connections.</summary>
public sealed class UnixServerOptions : UnixOptions, IServerOptions<UnixConnection>
{
    private const UnixFileMode PermissionBits = (UnixFileMode)0x1FF;

    /// <summary>
    /// How many connections may wait to be accepted: listen(2). The kernel limits it to somaxconn. Further clients wait in connect.
    /// </summary>
    /// <value>512 by default. 0 is passed to the system unchanged.</value>
    public int Backlog { get; set; } = 512;

    /// <summary>The initial <see cref="SocketBase.ReceiveTimeout"/> of the server, which is its accept time-out.</summary>
    /// <value>Infinite by default.</value>
    public TimeSpan AcceptTimeout { get; set; } = Infinite.InfiniteTimeSpan;

    /// <summary>How long <c>StopAsync</c> lets handlers finish.</summary>
    /// <value>5 s by default, because containers are killed 10 s after they were told to stop.</value>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The maximum number of connections that <c>ServeAsync</c> serves at a time. <see cref="WhenFull"/> says what becomes of further ones.
    /// </summary>
    /// <value>
    /// 10 000 by default. On Linux <c>ServeAsync</c> leaves 512 of the descriptors that the process may have (RLIMIT_NOFILE) to all else,
    /// or half of them if there are fewer than 1024. If that makes the maximum lower than this value, it logs a Warning when it starts.
    /// </value>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>What becomes of further clients while <see cref="MaxConnections"/> are being served.</summary>
    /// <value><see cref="WhenFull.Reject"/> by default.</value>
    public WhenFull WhenFull { get; set; } = WhenFull.Reject;

    /// <summary>
    /// How long a connection that <c>ServeAsync</c> serves may be without its first byte, in either direction. Then it is closed with FIN:
    /// its pending calls end with <see cref="ObjectDisposedException"/>, and its <see cref="StreamConnection.CloseReason"/> is
    /// <see cref="CloseReason.IdleTimeout"/>.
    /// </summary>
    /// <value>
    /// 30 s by default. Infinite for servers whose clients may be silent at first, and which do not greet them. All three limits pass up to
    /// a quarter of themselves late, and at most a second, because one timer looks at all connections.
    /// </value>
    public TimeSpan FirstByteTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a connection may be idle: no byte in either direction, no send that waits, and no received byte that the handler has not
    /// read. Then it is closed as by <see cref="FirstByteTimeout"/>.
    /// </summary>
    /// <value>
    /// Infinite by default, because a stream may be silent for good reasons. Two minutes are usual for requests and answers.
    /// </value>
    public TimeSpan IdleTimeout { get; set; } = Infinite.InfiniteTimeSpan;

    /// <summary>
    /// How long a send may wait while the peer takes nothing. Then the connection is closed with RST: its pending calls end with
    /// <see cref="ObjectDisposedException"/>, and its <see cref="StreamConnection.CloseReason"/> is <see cref="CloseReason.SlowPeer"/>.
    /// </summary>
    /// <value>
    /// 30 s by default. While a send waits <see cref="IdleTimeout"/> does not count. <see cref="SocketBase.SendTimeout"/> is different: it
    /// is the deadline of one call.
    /// </value>
    /// <remarks>
    /// A peer that reads slowly, but steadily, is not closed, if it reads one block within this time. The kernel keeps what was sent in
    /// blocks of up to 36 KiB, and tells of one only when all of it was read. Until then the peer looks as if it did not read.
    /// </remarks>
    public TimeSpan SendStallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The mode of the socket file, independent of the umask. A client needs write permission.</summary>
    /// <value>
    /// 0600 by default: only the owner can connect. Not used for abstract names, nor on Windows, where the directory's permissions decide.
    /// </value>
    public UnixFileMode Mode { get; set; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// The numbers of the users who may connect; connections of others are closed when they are accepted. The check uses SO_PEERCRED, on
    /// Linux only.
    /// </summary>
    /// <value>
    /// Null by default. Then an abstract name, which has no file mode, admits only the user of this process, and a path admits every user
    /// that its mode permits.
    /// </value>
    public IReadOnlyCollection<uint>? AllowedUserIds { get; set; }

    /// <summary>
    /// Called when a handler of <c>ServeAsync</c> has failed, with its exception, after its connection was aborted. The failure is also
    /// logged. Not called for faults of that connection itself, such as a <see cref="FrameException"/>, nor for those that
    /// <see cref="IsPeerFault"/> attributes to the peer.
    /// </summary>
    /// <value>
    /// Null by default. It is called on the thread on which the handler ended, and possibly for several connections at the same time.
    /// Exceptions that it throws are ignored. If it is null and there is no <see cref="SocketOptions.LoggerFactory"/> either, the first
    /// failure in the process is written to standard error.
    /// </value>
    public Action<UnixConnection, Exception>? HandlerFailed { get; set; }

    /// <summary>
    /// Decides whether a handler's exception is the peer's fault, for example a malformed message. Such failures are logged at Debug only.
    /// </summary>
    /// <value>Null by default: no exception is the peer's fault. If it throws, the answer is false.</value>
    public Func<Exception, bool>? IsPeerFault { get; set; }

    /// <inheritdoc/>
    TimeProvider IServerOptions<UnixConnection>.Clock => Clock;

    /// <summary>Unix sockets have no addresses that tell clients apart; <see cref="AllowedUserIds"/> tells users apart.</summary>
    int? IServerOptions<UnixConnection>.MaxConnectionsPerAddress => null;

    /// <inheritdoc/>
    Func<IPAddress, bool>? IServerOptions<UnixConnection>.AddressFilter => null;

    /// <inheritdoc/>
    TlsServerSettings? IServerOptions<UnixConnection>.Tls => null;

    /// <summary>The clock for pauses, drains and limits; tests replace it.</summary>
    internal TimeProvider Clock { get; set; } = TimeProvider.System;

    internal override void Validate()
    {
        base.Validate();
        CheckAtLeast(Backlog, 0, nameof(Backlog));
        SocketBase.CheckTimeout(AcceptTimeout, nameof(AcceptTimeout));
        SocketBase.CheckTimeout(DrainTimeout, nameof(DrainTimeout));
        CheckAtLeast(MaxConnections, 1, nameof(MaxConnections));
        CheckDefined(WhenFull, nameof(WhenFull));
        CheckPositive(FirstByteTimeout, nameof(FirstByteTimeout));
        CheckPositive(IdleTimeout, nameof(IdleTimeout));
        CheckPositive(SendStallTimeout, nameof(SendStallTimeout));
        if ((Mode & ~PermissionBits) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(Mode), Mode, "A socket file's mode consists of the nine permission bits.");
        }

        if (AllowedUserIds is not null && !OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("AllowedUserIds is available on Linux only.");
        }
    }
}
