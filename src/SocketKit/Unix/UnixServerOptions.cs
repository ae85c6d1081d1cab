using SocketKit.Sockets.Serving;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>Options of <see cref="UnixServer"/>. Mode and time-outs are those of the accepted connections.</summary>
public sealed class UnixServerOptions : UnixOptions, IServerOptions<UnixConnection>
{
    private const UnixFileMode PermissionBits = (UnixFileMode)0x1FF;

    /// <summary>
    /// Connections that may wait to be accepted: listen(2). The kernel caps it at somaxconn; what does not fit makes the client wait.
    /// </summary>
    /// <value>512 by default. 0 is passed on.</value>
    public int Backlog { get; set; } = 512;

    /// <summary>The first accept deadline of the server object.</summary>
    /// <value>Infinite by default.</value>
    public TimeSpan AcceptTimeout { get; set; } = Infinite.InfiniteTimeSpan;

    /// <summary>How long <c>StopAsync</c> lets handlers finish.</summary>
    /// <value>5 s by default: containers are killed 10 s after they were told to stop.</value>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections that <c>ServeAsync</c> serves at a time; more are closed as soon as they are accepted.</summary>
    /// <value>10 000 by default.</value>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>The mode of the socket file, whatever the umask. To connect one needs the right to write to it.</summary>
    /// <value>0600 by default: its owner only. Not used for abstract names, nor on Windows, where the directory's rights decide.</value>
    public UnixFileMode Mode { get; set; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// The users who may connect, by number; others are turned away when they are accepted. Checked by SO_PEERCRED, on Linux only.
    /// </summary>
    /// <value>
    /// Null by default: for an abstract name, which has no file and so no mode, only the user of this process; for a path whoever its
    /// mode lets in.
    /// </value>
    public IReadOnlyCollection<uint>? AllowedUserIds { get; set; }

    /// <summary>
    /// Told when a handler of <c>ServeAsync</c> failed, with what it threw, after its connection was aborted; in addition to the log line.
    /// Not told of faults of that connection itself, and of those that <see cref="IsPeerFault"/> puts down to the peer.
    /// </summary>
    /// <value>
    /// Null by default. It runs where the handler ended, and may run for several connections at a time. What it throws is lost. Where there
    /// is no <see cref="SocketOptions.LoggerFactory"/> either, the first failure of the process is written to standard error.
    /// </value>
    public Action<UnixConnection, Exception>? HandlerFailed { get; set; }

    /// <summary>
    /// Says whether what a handler threw is the peer's fault, as a malformed message is: such failures are logged at Debug only.
    /// </summary>
    /// <value>Null by default: none is. An exception in it counts as false.</value>
    public Func<Exception, bool>? IsPeerFault { get; set; }

    /// <inheritdoc/>
    TimeProvider IServerOptions<UnixConnection>.Clock => Clock;

    /// <summary>For tests, which do not wait for pauses and drains.</summary>
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
