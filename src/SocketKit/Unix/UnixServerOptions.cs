using SocketKit.Sockets.Serving;
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
    /// The maximum number of connections that <c>ServeAsync</c> serves at a time. Further connections are closed as soon as they are
    /// accepted.
    /// </summary>
    /// <value>10 000 by default.</value>
    public int MaxConnections { get; set; } = 10_000;

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
    /// logged. Not called for faults of that connection itself, nor for those that <see cref="IsPeerFault"/> attributes to the peer.
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

    /// <summary>The clock for pauses and drains; tests replace it.</summary>
    internal TimeProvider Clock { get; set; } = TimeProvider.System;

    internal override void Validate()
    {
        base.Validate();
        CheckAtLeast(Backlog, 0, nameof(Backlog));
        SocketBase.CheckTimeout(AcceptTimeout, nameof(AcceptTimeout));
        SocketBase.CheckTimeout(DrainTimeout, nameof(DrainTimeout));
        CheckAtLeast(MaxConnections, 1, nameof(MaxConnections));
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
